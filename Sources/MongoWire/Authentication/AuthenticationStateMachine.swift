import SCRAM

/// The login, from what goes along with `hello` to the server's last word (MongoDB's specification "Authentication").
struct AuthenticationStateMachine: Equatable, Sendable {
    enum Action: Equatable {
        /// A command for the login's database.
        case send(BSONDocument)
        case derive(SaltedPasswordRequest)
        case authenticated
        case fail(MongoWireError)
    }

    private enum State: Equatable {
        /// `hello` is on its way, with the login's beginning in it. Leads to any other state.
        case greeting(SCRAMExchange?)
        /// SCRAM runs; its own machine knows how far. Leads to `finishing` or `finished`.
        case exchanging(SCRAMExchange, conversation: BSONValue)
        /// SCRAM is over, and the server wants one empty message more. Leads to `finished`.
        case finishing
        /// The certificate is named. Leads to `finished`.
        case naming
        /// Let in, or failed.
        case finished
    }

    private let credential: Credential
    private let nonce: String
    private var state: State

    /// - Parameter nonce: the client's nonce, in printable ASCII without a comma.
    init(_ credential: Credential, nonce: String) throws(MongoWireError) {
        self.credential = credential
        self.nonce = nonce
        switch credential {
        case .password(let username, let password, _, let mechanism):
            state = .greeting(
                try Self.firstExchange(mechanism, username: username, password: password, nonce: nonce))
        case .certificate: state = .greeting(nil)
        }
    }

    /// The exchange that goes along with `hello`. Where the choice is free, a password that SHA-256 does not allow
    /// can only be one of SHA-1.
    private static func firstExchange(
        _ wanted: PasswordMechanism?, username: String, password: String, nonce: String
    ) throws(MongoWireError) -> SCRAMExchange {
        do throws(MongoWireError) {
            return try exchange(wanted ?? .scramSHA256, username: username, password: password, nonce: nonce)
        } catch {
            guard wanted == nil else { throw error }
            return try exchange(.scramSHA1, username: username, password: password, nonce: nonce)
        }
    }

    private static func exchange(
        _ mechanism: PasswordMechanism, username: String, password: String, nonce: String
    ) throws(MongoWireError) -> SCRAMExchange {
        SCRAMExchange(
            mechanism.hash, username: username,
            password: try mechanism.prepared(username: username, password: password), nonce: nonce,
            iterations: PasswordMechanism.iterations)
    }

    /// The database that knows the user.
    private var source: String {
        switch credential {
        case .password(_, _, let source, _): source
        case .certificate: "$external"
        }
    }

    // MARK: Events

    /// What `hello` carries of the login: the question for the user's mechanisms, and the login's first message, which
    /// saves a round trip.
    var greeting: [(name: String, value: BSONValue)] {
        guard case .greeting(let exchange) = state else { return [] }
        guard let exchange else {
            return [
                (
                    "speculativeAuthenticate",
                    .document(["authenticate": 1, "mechanism": "MONGODB-X509", "db": .string(source)])
                )
            ]
        }
        let start = Self.start(exchange).adding(("db", .string(source)))
        var greeting: [(name: String, value: BSONValue)] = [("speculativeAuthenticate", .document(start))]
        if case .password(let username, _, _, nil) = credential {
            greeting.append(("saslSupportedMechs", .string("\(source).\(username)")))
        }
        return greeting
    }

    /// The server's answer to `hello`.
    mutating func greetingReceived(_ reply: BSONDocument) -> Action {
        guard case .greeting(let exchange) = state else { return violation("hello was answered twice.") }
        let spoken = reply["speculativeAuthenticate"]?.document
        guard let exchange else {
            if spoken != nil { return finish() }
            state = .naming
            return .send(["authenticate": 1, "mechanism": "MONGODB-X509", "$db": .string(source)])
        }
        let offered = reply["saslSupportedMechs"]?.list?.compactMap(\.text)
        let isOffered = offered?.contains(PasswordMechanism(exchange.hash).rawValue)
        // A server that hides who its users are also answers for a mechanism that the user does not have.
        if let spoken, isOffered ?? true {
            state = .exchanging(exchange, conversation: spoken["conversationId"] ?? 1)
            return replyReceived(spoken)
        }
        guard case .password(let username, let password, _, let wanted) = credential else { return finish() }
        do throws(MongoWireError) {
            // What was begun with is the best that the password allows.
            let begun = isOffered == true ? PasswordMechanism(exchange.hash) : nil
            let mechanism = if let known = wanted ?? begun { known } else { try Self.choice(offered) }
            let chosen = try Self.exchange(mechanism, username: username, password: password, nonce: nonce)
            state = .exchanging(chosen, conversation: 1)
            return .send(Self.start(chosen).adding(("$db", .string(source))))
        } catch {
            return fail(error)
        }
    }

    /// The server's answer to a command of the login.
    mutating func replyReceived(_ reply: BSONDocument) -> Action {
        switch state {
        case .naming: return finish()
        case .finishing:
            guard reply["done"]?.isTrue == true else { return violation("The login does not end.") }
            return finish()
        case .exchanging(let exchange, let conversation):
            return exchanged(exchange, reply["conversationId"] ?? conversation, reply)
        case .greeting, .finished: return violation("A login's answer came out of turn.")
        }
    }

    /// The work of `derive` is done.
    mutating func saltedPasswordDerived(_ salted: SecretBytes) -> Action {
        guard case .exchanging(var exchange, let conversation) = state else {
            return violation("A password was derived out of turn.")
        }
        do throws(AuthenticationFailure) {
            let message = try exchange.saltedPasswordDerived(salted)
            state = .exchanging(exchange, conversation: conversation)
            return .send(resume(conversation, message))
        } catch {
            return fail(.authenticationFailed(error))
        }
    }

    // MARK: Steps

    private mutating func exchanged(
        _ exchange: SCRAMExchange, _ conversation: BSONValue, _ reply: BSONDocument
    ) -> Action {
        guard case .binary(_, let payload)? = reply["payload"] else {
            return fail(.authenticationFailed(.malformedMessage))
        }
        var exchange = exchange
        let isDone = reply["done"]?.isTrue == true
        do throws(AuthenticationFailure) {
            guard exchange.isProven else {
                // Nobody is let in before the server has proven itself.
                guard !isDone else { throw .serverNotVerified }
                let request = try exchange.serverFirstReceived(payload)
                state = .exchanging(exchange, conversation: conversation)
                return .derive(request)
            }
            try exchange.serverFinalReceived(payload)
            if isDone { return finish() }
            state = .finishing
            return .send(resume(conversation, []))
        } catch {
            return fail(.authenticationFailed(error))
        }
    }

    /// The best mechanism that both sides have. A server that does not say is one of before 4.0, or does not know the
    /// user; both are asked for the older one.
    private static func choice(_ offered: [String]?) throws(MongoWireError) -> PasswordMechanism {
        guard let offered else { return .scramSHA1 }
        guard let best = PasswordMechanism.allCases.first(where: { offered.contains($0.rawValue) }) else {
            throw .noCommonMechanism(offered)
        }
        return best
    }

    private static func start(_ exchange: SCRAMExchange) -> BSONDocument {
        [
            "saslStart": 1, "mechanism": .string(PasswordMechanism(exchange.hash).rawValue),
            "payload": .binary(subtype: 0, exchange.clientFirst),
            "options": .document(["skipEmptyExchange": true]),
        ]
    }

    private func resume(_ conversation: BSONValue, _ payload: [UInt8]) -> BSONDocument {
        [
            "saslContinue": 1, "conversationId": conversation, "payload": .binary(subtype: 0, payload),
            "$db": .string(source),
        ]
    }

    private mutating func finish() -> Action {
        state = .finished
        return .authenticated
    }

    private mutating func fail(_ error: MongoWireError) -> Action {
        state = .finished
        return .fail(error)
    }

    private mutating func violation(_ what: String) -> Action { fail(.protocolViolation(what)) }
}
