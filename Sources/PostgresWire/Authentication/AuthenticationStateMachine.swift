import SCRAM

/// The login, from the startup message to AuthenticationOk.
struct AuthenticationStateMachine: Equatable, Sendable {
    /// What the login needs to know; given once, before the first request of the server.
    struct Credentials: Equatable, Sendable {
        var username: String
        var password: SecretText?
        var allowsCleartextPassword: Bool
        /// The TLS session's data, where there is one and it is known.
        var serverEndPoint: [UInt8]?
        /// The client's nonce, in printable ASCII without a comma.
        var nonce: String
    }

    enum Action: Equatable {
        case wait
        case send(FrontendMessage)
        case derive(SaltedPasswordRequest)
        case authenticated
        case fail(PostgresWireError)
    }

    private enum State: Equatable {
        /// The startup message is sent. Leads to any other state.
        case started
        /// A password is sent, in clear text or hashed. Leads to `finished`.
        case passwordSent
        /// SCRAM runs; its own machine knows how far. Leads to `finished`.
        case exchanging(SCRAMExchange)
        /// Let in, or failed.
        case finished
    }

    private let credentials: Credentials
    private var state = State.started

    init(_ credentials: Credentials) { self.credentials = credentials }

    /// The server asks for something, or lets the client in.
    mutating func requestReceived(_ request: AuthenticationRequest) -> Action {
        switch request {
        case .ok: okReceived()
        case .cleartextPassword: cleartextRequested()
        case .md5Password(let salt): md5Requested(salt)
        case .sasl(let mechanisms): saslRequested(mechanisms)
        case .saslContinue(let message): saslContinued(message)
        case .saslFinal(let message): saslFinished(message)
        case .other(let code): fail(.unsupportedAuthenticationMethod(Self.name(of: code)))
        }
    }

    /// The work of `derive` is done.
    mutating func saltedPasswordDerived(_ salted: SecretBytes) -> Action {
        guard case .exchanging(var exchange) = state else { return unexpected() }
        do {
            let message = try exchange.saltedPasswordDerived(salted)
            state = .exchanging(exchange)
            return .send(.saslResponse(SecretBytes(message)))
        } catch {
            return fail(.authenticationFailed(error))
        }
    }

    private mutating func okReceived() -> Action {
        switch state {
        case .started, .passwordSent: break
        case .exchanging(let exchange):
            guard exchange.isVerified else { return fail(.authenticationFailed(.serverNotVerified)) }
        case .finished: return unexpected()
        }
        state = .finished
        return .authenticated
    }

    private mutating func cleartextRequested() -> Action {
        guard case .started = state else { return unexpected() }
        guard let password = credentials.password else { return fail(.passwordRequired) }
        guard credentials.allowsCleartextPassword else { return fail(.cleartextPasswordRefused) }
        state = .passwordSent
        return .send(.password(SecretBytes(password.text.utf8)))
    }

    private mutating func md5Requested(_ salt: [UInt8]) -> Action {
        guard case .started = state else { return unexpected() }
        guard let password = credentials.password else { return fail(.passwordRequired) }
        state = .passwordSent
        return .send(
            .password(MD5Password.response(username: credentials.username, password: password.text, salt: salt)))
    }

    private mutating func saslRequested(_ mechanisms: [String]) -> Action {
        guard case .started = state else { return unexpected() }
        let plain = "SCRAM-SHA-256"
        let bound = "SCRAM-SHA-256-PLUS"
        let mechanism: String
        let binding: ChannelBinding
        if let endPoint = credentials.serverEndPoint, mechanisms.contains(bound) {
            (mechanism, binding) = (bound, .serverEndPoint(endPoint))
        } else if mechanisms.contains(plain) {
            (mechanism, binding) = (plain, credentials.serverEndPoint == nil ? .unsupported : .notOffered)
        } else {
            return fail(.unsupportedAuthenticationMethod("SASL " + mechanisms.joined(separator: ", ")))
        }
        guard let password = credentials.password else { return fail(.passwordRequired) }
        let exchange = SCRAMExchange(
            .sha256, password: SCRAMPassword.prepared(password.text), nonce: credentials.nonce, binding: binding,
            iterations: SCRAMPassword.iterations)
        state = .exchanging(exchange)
        return .send(.saslInitialResponse(mechanism: mechanism, SecretBytes(exchange.clientFirst)))
    }

    private mutating func saslContinued(_ message: [UInt8]) -> Action {
        guard case .exchanging(var exchange) = state else { return unexpected() }
        do {
            let request = try exchange.serverFirstReceived(message)
            state = .exchanging(exchange)
            return .derive(request)
        } catch {
            return fail(.authenticationFailed(error))
        }
    }

    private mutating func saslFinished(_ message: [UInt8]) -> Action {
        guard case .exchanging(var exchange) = state else { return unexpected() }
        do {
            try exchange.serverFinalReceived(message)
            state = .exchanging(exchange)
            return .wait
        } catch {
            return fail(.authenticationFailed(error))
        }
    }

    private mutating func unexpected() -> Action {
        fail(.protocolViolation("An authentication request came out of turn."))
    }

    private mutating func fail(_ error: PostgresWireError) -> Action {
        state = .finished
        return .fail(error)
    }

    /// The names of the methods that this client does not speak ("Message Formats", Authentication…).
    private static func name(of code: Int32) -> String {
        switch code {
        case 1: "Kerberos 4"
        case 2: "Kerberos 5"
        case 4: "crypt"
        case 6: "SCM credentials"
        case 7, 8: "GSSAPI"
        case 9: "SSPI"
        default: "authentication method \(code)"
        }
    }
}

/// Text that must not be printed.
struct SecretText: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var text: String

    init(_ text: String) { self.text = text }

    var description: String { "********" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(reflecting: description) }
}
