import CryptoExtras
import Foundation
import NIOCore
import Testing

@testable import MySQLWire

@Suite("Authentication plugins")
struct AuthenticationTests {
    static let unicode = "pässwörd 🔑'\"\\"
    /// The challenge that go-sql-driver's tests use; its values for `secret` and `secret2` are the same as here.
    static let nonce: [UInt8] = [10, 47, 74, 111, 75, 73, 34, 48, 88, 76, 114, 74, 37, 13, 3, 80, 82, 2, 23, 21]

    static func credentials(_ password: String, isSecure: Bool = false, allowsKey: Bool = true) -> Credentials {
        Credentials(
            password: Password(bytes: Array(password.utf8)), isSecure: isSecure, allowsPublicKeyRetrieval: allowsKey)
    }

    @Test(
        "mysql_native_password answers as computed elsewhere",
        arguments: [
            ("secret", "6a149bdd80bda1ebf0fa2bd2cf2e9717fecc34bb"),
            ("secret2", "650f07df353cce5370eea34d580f2e9118818b56"),
            (unicode, "11f3bec824045ac4ed56c2f5a8d7314c3021f38d"), ("", ""),
        ])
    func native(password: String, hex: String) {
        let answer = NativePassword.answer(to: Self.nonce, password: Password(bytes: Array(password.utf8)))
        #expect(answer == ServerSide.bytes(hex))
    }

    @Test(
        "caching_sha2_password answers as computed elsewhere",
        arguments: [
            ("secret", "f490e76f66d9d86665ce54d98c78d0acfe2fb0b08b423da807144873d30b312c"),
            ("secret2", "abc3934a012cf342e876071c8ee202de51785b430258a7a0138bc79c4d800bc6"),
            (unicode, "a2d03658403f6f6902697112fbbde67318ac11019871a0d841e8f9d3c8434efd"), ("", ""),
        ])
    func cachingSHA2(password: String, hex: String) {
        let answer = CachingSHA2Password.scramble(
            nonce: Self.nonce, password: Password(bytes: Array(password.utf8)))
        #expect(answer == ServerSide.bytes(hex))
    }

    @Test(
        "client_ed25519 signs as computed elsewhere",
        arguments: [
            (
                "secret",
                """
                546c3e9311d19ee389d1ae5d945821bfe459423910136f16b3bd2ae89fd7d63b
                449e689f4be812891a85b8f999076446d92adb83d0707215aaa60b5a23220907
                """
            ),
            (
                unicode,
                """
                803a2279d20ea15dd88bd16ddcb47c4fe3c56a72f4572780f08375b228f5d521
                d517617d13ccdbb0beead2a0237ea15290b3b849aca51d193fd537d38f63450c
                """
            ),
            ("", ""),
        ])
    func ed25519(password: String, hex: String) {
        let step = Ed25519Password.answer(to: Array(0..<32), password: Password(bytes: Array(password.utf8)))
        #expect(step == .send(ServerSide.bytes(hex)))
    }

    @Test("An Ed25519 answer is a valid signature of the challenge under MariaDB's documented hash of `secret`")
    func ed25519Verifies() throws {
        let key = try #require(Data(base64Encoded: "ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY="))
        let publicKey = try Curve25519.Signing.PublicKey(rawRepresentation: key)
        for seed in 0..<20 as Range<UInt8> {
            let challenge = (0..<32).map { $0 &* 7 &+ seed }
            guard
                case .send(let answer) = Ed25519Password.answer(
                    to: challenge, password: Password(bytes: Array("secret".utf8)))
            else {
                Issue.record("no answer")
                return
            }
            #expect(publicKey.isValidSignature(Array(answer.readableBytesView), for: challenge))
        }
    }

    @Test("caching_sha2_password goes the fast path, the way of TLS and the way of the server's key")
    func cachingSHA2Paths() throws {
        var fast = AuthenticationMethod.cachingSHA2Password(CachingSHA2Password())
        _ = fast.challengeReceived(Self.nonce, credentials: Self.credentials("secret"))
        #expect(fast.dataReceived(ByteBuffer(bytes: [3]), credentials: Self.credentials("secret")) == .wait)

        let secure = Self.credentials("secret", isSecure: true)
        var full = AuthenticationMethod.cachingSHA2Password(CachingSHA2Password())
        _ = full.challengeReceived(Self.nonce, credentials: secure)
        #expect(
            full.dataReceived(ByteBuffer(bytes: [4]), credentials: secure) == .send(ByteBuffer(string: "secret\0")))

        let open = Self.credentials("secret")
        var sealed = AuthenticationMethod.cachingSHA2Password(CachingSHA2Password())
        _ = sealed.challengeReceived(Self.nonce, credentials: open)
        #expect(sealed.dataReceived(ByteBuffer(bytes: [4]), credentials: open) == .send(ByteBuffer(bytes: [2])))
        let key = try _RSA.Encryption.PrivateKey(keySize: .bits2048)
        let step = sealed.dataReceived(ByteBuffer(string: key.publicKey.pemRepresentation), credentials: open)
        try Self.expectSeal(step, of: "secret", key: key)

        let strict = Self.credentials("secret", allowsKey: false)
        var refused = AuthenticationMethod.cachingSHA2Password(CachingSHA2Password())
        _ = refused.challengeReceived(Self.nonce, credentials: strict)
        #expect(
            refused.dataReceived(ByteBuffer(bytes: [4]), credentials: strict)
                == .fail(.plaintextPasswordRefused(plugin: "caching_sha2_password")))
    }

    @Test("sha256_password goes the way of TLS and the way of the server's key")
    func sha256Paths() throws {
        var secure = AuthenticationMethod.sha256Password(SHA256Password())
        #expect(
            secure.challengeReceived(Self.nonce, credentials: Self.credentials("secret", isSecure: true))
                == .send(ByteBuffer(string: "secret\0")))
        let open = Self.credentials("secret")
        var sealed = AuthenticationMethod.sha256Password(SHA256Password())
        #expect(sealed.challengeReceived(Self.nonce, credentials: open) == .send(ByteBuffer(bytes: [1])))
        let key = try _RSA.Encryption.PrivateKey(keySize: .bits2048)
        let step = sealed.dataReceived(ByteBuffer(string: key.publicKey.pemRepresentation), credentials: open)
        try Self.expectSeal(step, of: "secret", key: key)
    }

    static func expectSeal(
        _ step: AuthenticationStep, of password: String, key: _RSA.Encryption.PrivateKey
    ) throws {
        guard case .send(let sealed) = step else {
            Issue.record("no seal")
            return
        }
        let masked = try key.decrypt(Array(sealed.readableBytesView), padding: .PKCS1_OAEP)
        let plain = masked.enumerated().map { $1 ^ nonce[$0 % nonce.count] }
        #expect(plain == Array(password.utf8) + [0])
    }

    @Test("A key that is none, and a password too long for the key, are named", arguments: [true, false])
    func badSeal(keyIsBroken: Bool) throws {
        let password = String(repeating: "x", count: 300)
        let pem = try _RSA.Encryption.PrivateKey(keySize: .bits2048).publicKey.pemRepresentation
        let key = ByteBuffer(string: keyIsBroken ? "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----" : pem)
        let reason =
            keyIsBroken
            ? "the server's public key cannot be used" : "the password is too long for the server's public key"
        #expect(
            PasswordSeal.seal(
                Password(bytes: Array(password.utf8)), nonce: Self.nonce, key: key, plugin: "sha256_password")
                == .fail(.authenticationFailed(plugin: "sha256_password", reason: reason)))
    }

    @Test("mysql_clear_password sends only inside TLS")
    func clear() {
        #expect(
            ClearPassword.answer(credentials: Self.credentials("secret"))
                == .fail(.plaintextPasswordRefused(plugin: "mysql_clear_password")))
        #expect(
            ClearPassword.answer(credentials: Self.credentials("secret", isSecure: true))
                == .send(ByteBuffer(string: "secret\0")))
    }

    @Test("Neither a configuration nor a machine prints its password")
    func masked() {
        let configuration = MySQLConnection.Configuration(username: "ann", password: "hunter2-marked")
        var text = "\(configuration) \(String(reflecting: configuration))"
        dump(configuration, to: &text)
        dump(configuration.settings, to: &text)
        text += String(reflecting: configuration.settings)
        #expect(!text.contains("hunter2-marked"))
        #expect(!text.contains(Array("hunter2-marked".utf8).map(String.init).joined(separator: ", ")))
    }
}
