import NIOCore

/// `sha256_password`: always the password itself, which goes through TLS or is sealed with the server's RSA key.
struct SHA256Password: Equatable, Sendable {
    static let name = "sha256_password"
    /// Asks for the server's public key.
    static let keyRequest: UInt8 = 1

    private var nonce: [UInt8] = []

    mutating func challengeReceived(_ nonce: [UInt8], credentials: Credentials) -> AuthenticationStep {
        self.nonce = nonce
        if credentials.password.bytes.isEmpty || credentials.isSecure {
            return .send(ByteBuffer(bytes: credentials.password.zeroTerminated))
        }
        guard credentials.allowsPublicKeyRetrieval else {
            return .fail(.plaintextPasswordRefused(plugin: Self.name))
        }
        return .send(ByteBuffer(integer: Self.keyRequest))
    }

    func dataReceived(_ data: ByteBuffer, credentials: Credentials) -> AuthenticationStep {
        guard !credentials.isSecure, !credentials.password.bytes.isEmpty else {
            return .fail(.protocolViolation("nothing further for \(Self.name)"))
        }
        return PasswordSeal.seal(credentials.password, nonce: nonce, key: data, plugin: Self.name)
    }
}
