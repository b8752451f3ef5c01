import Crypto
import SCRAM

/// PostgreSQL's MD5 login: `md5` and the hash, in hex, of the hash of password and user name, and the salt.
enum MD5Password {
    static func response(username: String, password: String, salt: [UInt8]) -> SecretBytes {
        let inner = hex(Insecure.MD5.hash(data: Array(password.utf8) + Array(username.utf8)))
        return SecretBytes(Array("md5".utf8) + hex(Insecure.MD5.hash(data: inner + salt)))
    }

    private static func hex(_ digest: Insecure.MD5Digest) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }
}
