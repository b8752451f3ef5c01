import Crypto
import NIOCore

/// `caching_sha2_password`: a hash where the server has the account in its cache, otherwise the password itself, which
/// goes through TLS or is sealed with the server's RSA key.
struct CachingSHA2Password: Equatable, Sendable {
    static let name = "caching_sha2_password"

    /// Where the exchange is.
    private enum State: Equatable {
        /// The hash was sent or is about to be; the server says whether it sufficed.
        case awaitingVerdict
        /// The server's key was asked for.
        case awaitingKey
        /// Everything was sent.
        case done
    }

    private enum ServerSays {
        static let fastAuthenticationSucceeded: UInt8 = 3
        static let fullAuthenticationNeeded: UInt8 = 4
    }

    /// Asks for the server's public key.
    static let keyRequest: UInt8 = 2

    private var state = State.awaitingVerdict
    private var nonce: [UInt8] = []

    /// SHA256(password) XOR SHA256(SHA256(SHA256(password)) + nonce); none for an empty password.
    static func scramble(nonce: [UInt8], password: Password) -> ByteBuffer {
        guard !password.bytes.isEmpty else { return ByteBuffer() }
        let first = Array(SHA256.hash(data: password.bytes))
        let second = Array(SHA256.hash(data: first))
        let mask = SHA256.hash(data: second + nonce)
        return ByteBuffer(bytes: zip(first, mask).map { $0 ^ $1 })
    }

    mutating func challengeReceived(_ nonce: [UInt8], credentials: Credentials) -> AuthenticationStep {
        self.nonce = nonce
        state = .awaitingVerdict
        return .send(Self.scramble(nonce: nonce, password: credentials.password))
    }

    mutating func dataReceived(_ data: ByteBuffer, credentials: Credentials) -> AuthenticationStep {
        switch state {
        case .awaitingVerdict:
            switch data.readableBytes == 1 ? data.getInteger(at: data.readerIndex, as: UInt8.self) : nil {
            case ServerSays.fastAuthenticationSucceeded:
                state = .done
                return .wait
            case ServerSays.fullAuthenticationNeeded:
                if credentials.isSecure {
                    state = .done
                    return .send(ByteBuffer(bytes: credentials.password.zeroTerminated))
                }
                guard credentials.allowsPublicKeyRetrieval else {
                    return .fail(.plaintextPasswordRefused(plugin: Self.name))
                }
                state = .awaitingKey
                return .send(ByteBuffer(integer: Self.keyRequest))
            default:
                return .fail(.protocolViolation("a verdict of \(Self.name)"))
            }
        case .awaitingKey:
            state = .done
            return PasswordSeal.seal(credentials.password, nonce: nonce, key: data, plugin: Self.name)
        case .done:
            return .fail(.protocolViolation("nothing further for \(Self.name)"))
        }
    }
}
