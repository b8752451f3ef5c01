import NIOCore

/// What a plugin may use to answer.
struct Credentials: Equatable, Sendable {
    /// The password's UTF-8; empty for none.
    var password: Password
    /// Whether TLS is up.
    var isSecure: Bool
    /// Whether a password may be sealed with a public key that the server sends without TLS.
    var allowsPublicKeyRetrieval: Bool
}

/// A password's bytes, which print as `********`.
struct Password: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var bytes: [UInt8]

    /// What goes where a plugin takes the password itself.
    var zeroTerminated: [UInt8] { bytes + [0] }
    var description: String { "********" }
    var debugDescription: String { "********" }
    var customMirror: Mirror { Mirror(self, children: []) }
}

/// What a plugin wants done next.
enum AuthenticationStep: Equatable, Sendable {
    /// Send these bytes as a message.
    case send(ByteBuffer)
    /// Wait for the server.
    case wait
    /// Give up.
    case fail(MySQLWireError)
}

/// The authentication plugins that are spoken here.
enum AuthenticationMethod: Equatable, Sendable {
    case nativePassword
    case cachingSHA2Password(CachingSHA2Password)
    case sha256Password(SHA256Password)
    case clearPassword
    case ed25519

    /// The plugin of that name, if it is spoken.
    init?(named name: String) {
        switch name {
        case NativePassword.name: self = .nativePassword
        case CachingSHA2Password.name: self = .cachingSHA2Password(CachingSHA2Password())
        case SHA256Password.name: self = .sha256Password(SHA256Password())
        case ClearPassword.name: self = .clearPassword
        case Ed25519Password.name: self = .ed25519
        default: return nil
        }
    }

    /// The plugin's name.
    var name: String {
        switch self {
        case .nativePassword: NativePassword.name
        case .cachingSHA2Password: CachingSHA2Password.name
        case .sha256Password: SHA256Password.name
        case .clearPassword: ClearPassword.name
        case .ed25519: Ed25519Password.name
        }
    }

    /// How many bytes of challenge the plugin needs.
    private var nonceLength: Int {
        switch self {
        case .nativePassword, .cachingSHA2Password, .sha256Password: 20
        case .clearPassword: 0
        case .ed25519: Ed25519Password.nonceLength
        }
    }

    /// Whether the plugin can begin with the challenge of the greeting.
    func canBegin(with nonce: [UInt8], credentials: Credentials) -> Bool {
        guard nonce.count >= nonceLength else { return false }
        switch self {
        case .nativePassword, .cachingSHA2Password, .sha256Password: return true
        // The greeting's plugin is the server's default and need not be the account's.
        case .clearPassword: return credentials.isSecure
        case .ed25519: return false
        }
    }

    /// Answers the server's challenge.
    mutating func challengeReceived(_ challenge: [UInt8], credentials: Credentials) -> AuthenticationStep {
        guard challenge.count >= nonceLength else {
            return .fail(.protocolViolation("a challenge of \(nonceLength) bytes for \(name)"))
        }
        let nonce = Array(challenge.prefix(nonceLength))
        switch self {
        case .nativePassword:
            return .send(NativePassword.answer(to: nonce, password: credentials.password))
        case .cachingSHA2Password(var plugin):
            let step = plugin.challengeReceived(nonce, credentials: credentials)
            self = .cachingSHA2Password(plugin)
            return step
        case .sha256Password(var plugin):
            let step = plugin.challengeReceived(nonce, credentials: credentials)
            self = .sha256Password(plugin)
            return step
        case .clearPassword:
            return ClearPassword.answer(credentials: credentials)
        case .ed25519:
            return Ed25519Password.answer(to: nonce, password: credentials.password)
        }
    }

    /// Takes what the server sent for the plugin.
    mutating func dataReceived(_ data: ByteBuffer, credentials: Credentials) -> AuthenticationStep {
        switch self {
        case .nativePassword, .clearPassword, .ed25519:
            return .fail(.protocolViolation("nothing further for \(name)"))
        case .cachingSHA2Password(var plugin):
            let step = plugin.dataReceived(data, credentials: credentials)
            self = .cachingSHA2Password(plugin)
            return step
        case .sha256Password(let plugin):
            return plugin.dataReceived(data, credentials: credentials)
        }
    }
}
