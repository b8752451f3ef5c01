import Crypto
import NIOCore

/// `mysql_native_password`: SHA1(password) XOR SHA1(nonce + SHA1(SHA1(password))).
enum NativePassword {
    static let name = "mysql_native_password"

    /// The answer of 20 bytes; none for an empty password.
    static func answer(to nonce: [UInt8], password: Password) -> ByteBuffer {
        guard !password.bytes.isEmpty else { return ByteBuffer() }
        let first = Array(Insecure.SHA1.hash(data: password.bytes))
        let second = Array(Insecure.SHA1.hash(data: first))
        let mask = Insecure.SHA1.hash(data: nonce + second)
        return ByteBuffer(bytes: zip(first, mask).map { $0 ^ $1 })
    }
}
