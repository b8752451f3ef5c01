import Foundation
import MongoWire
import NIOCore
import Route
import SourceModel

/// Opens MongoDB and what speaks its protocol.
struct MongoDriver: Sendable {
    let route: Route
    /// How long a member of a replica set that would do waits for one that is liked better.
    var grace = Duration.seconds(1)
    /// How long members that say nothing are waited for once another one of their replica set has answered.
    var patience: Duration { grace * 5 }

    func open(
        _ source: DataSource, for purpose: OpeningPurpose, journal: StageJournal
    ) async throws(SourceFailure) -> any Session {
        let source = try await located(source, journal: journal)
        let topology = MongoTopology(driver: self, source: source)
        // What the members are asked by is no part of the way; but who waits for them waits in a stage.
        if topology.isNeeded { journal.enter(source.scheme.bastion == nil ? .dial : .sshForward, tentatively: true) }
        let target: DataSource
        do throws(SourceFailure) {
            target = try await topology.member()
        } catch {
            throw purpose == .test ? await refined(error, of: source) : error
        }
        let credential = try credential(of: target)
        let routed = try await route.open(target, journal: journal)
        let sighting = TLSSighting()
        let connection: MongoConnection
        do throws(MongoWireError) {
            connection = try await logIn(target, as: credential, over: routed, sighting, journal: journal)
        } catch {
            let meaning = MongoMeaning(source: target, routed: routed)
            let failure = meaning.failure(for: error, in: journal.current ?? .login)
            throw purpose == .test ? await refined(failure, of: target) : failure
        }
        let session = MongoSession(
            connection, routed: routed, source: target,
            facts: SessionFacts(
                serverVersion: "MongoDB", hostKey: routed.hostKey,
                certificateExpires: SessionFacts.expiry(sighting.observation, source.scheme.encryption.identity)),
            canceller: { session in await kill(session, of: target) })
        do throws(SourceFailure) {
            try session.checkRole(connection.server)
            try await session.enter(purpose, journal)
        } catch {
            routed.channel.close(promise: nil)
            throw error
        }
        journal.pass()
        return session
    }

    /// The source with the members and options that a service name stands for, where it has one.
    private func located(_ source: DataSource, journal: StageJournal) async throws(SourceFailure) -> DataSource {
        guard source.options.mongo.isServiceName, let endpoint = source.endpoint else { return source }
        journal.enter(.resolve)
        let answer = try await route.servers(of: "_mongodb._tcp", at: endpoint.host)
        let count = answer.records.count
        journal.note("\(endpoint.host) has \(count) \(count == 1 ? "member" : "members")")
        return try MongoService.apply(answer, to: source)
    }

    /// Stages `tls`, where the scheme has it, and `login`.
    func logIn(
        _ source: DataSource, as credential: Credential?, over routed: RoutedChannel, _ sighting: TLSSighting,
        journal: StageJournal
    ) async throws(MongoWireError) -> MongoConnection {
        journal.enter(routed.upgrade == nil ? .login : .tls, tentatively: routed.upgrade != nil)
        return try await connect(routed, as: credential, named: source.options.applicationName, sighting) {
            journal.enter(.login)
        }
    }

    /// Greets a server without logging in.
    func greet(_ source: DataSource) async throws(SourceFailure) -> ServerDescription {
        let routed = try await route.open(source, journal: StageJournal())
        do throws(MongoWireError) {
            let connection = try await connect(
                routed, as: nil, named: source.options.applicationName, TLSSighting(), authenticating: nil)
            let server = connection.server
            await connection.close()
            return server
        } catch {
            throw MongoMeaning(source: source, routed: routed)
                .failure(for: error, in: source.scheme.encryption == .plain ? .login : .tls)
        }
    }

    private func connect(
        _ routed: RoutedChannel, as credential: Credential?, named name: String, _ sighting: TLSSighting,
        authenticating: (@Sendable () -> Void)?
    ) async throws(MongoWireError) -> MongoConnection {
        let upgrade = routed.upgrade.map { start in
            TLSUpgrade { channel in start(channel).map { sighting.observation = $0 } }
        }
        let configuration = MongoConnection.Configuration(
            credential: credential, applicationName: name, upgrade: upgrade)
        return try await MongoConnection.open(
            on: routed.channel, configuration: configuration, authenticating: authenticating)
    }

    /// The login that the record describes; nil for a server that asks for none.
    ///
    /// - Throws: `login_failed` where a user has no password.
    private func credential(of source: DataSource) throws(SourceFailure) -> Credential? {
        let options = source.options.mongo
        let password = source.login.password
        if options.mechanism == .x509
            || options.mechanism == nil && password == nil
                && source.scheme.encryption.identity != nil
        {
            return .certificate
        }
        guard let username = source.login.username else { return nil }
        guard let password else {
            throw SourceFailure(
                .login, .loginFailed,
                "No password of user \(username) is set for \(source.endpoint.map(\.description) ?? "the server").",
                hint: "Set password; or a client certificate, if that is how the user logs in.")
        }
        let mechanism: PasswordMechanism? =
            switch options.mechanism {
            case .scramSHA256: .scramSHA256
            case .scramSHA1: .scramSHA1
            case .x509, nil: nil
            }
        return .password(
            username: username, password: password.reveal(), source: options.authSource ?? "admin",
            mechanism: mechanism)
    }

    /// Asks the server, on a connection that goes the same way, to end what a session runs; whether it did.
    private func kill(_ session: BSONDocument, of source: DataSource) async -> Bool {
        do {
            let routed = try await route.open(source, journal: StageJournal())
            let connection = try await logIn(
                source, as: try credential(of: source), over: routed, TLSSighting(), journal: StageJournal())
            do {
                _ = try await connection.run(["killSessions": .array(.list([.document(session)]))], on: "admin")
            } catch {
                await connection.close()
                throw error
            }
            await connection.close()
            return true
        } catch {
            // Refused or out of reach: whoever asked closes the session instead, which ends the command in the server's
            // own time.
            return false
        }
    }

    // MARK: TLS or not

    /// A server that has no TLS, or nothing else, hangs up and does not say why. So it is asked the other way round, with
    /// no more than a greeting.
    private func refined(_ failure: SourceFailure, of source: DataSource) async -> SourceFailure {
        // What the server said itself needs no second question.
        guard failure.server == nil, let endpoint = source.endpoint else { return failure }
        var question = source
        switch (source.scheme.encryption, failure.stage, failure.code) {
        case (.plain, .login, .serverClosed), (.plain, .login, .connectionReset), (.plain, .login, .notThisDriver),
            (.plain, .dial, .connectionReset):
            question.scheme = source.scheme.with(
                .tls(ServerTrust(mode: .require, anchors: nil, serverName: endpoint.host)))
            guard await answersAsMongo(question) else { return failure }
            return SourceFailure(
                .login, .tlsRequired, "\(endpoint) speaks to nobody without TLS.",
                hint: "Set ssl to true, and sslCA if the server's certificate is not from a public authority.",
                server: failure.server)
        case (.tls, .tls, .tlsHandshakeFailed), (.mutualTLS, .tls, .tlsHandshakeFailed), (.tls, .tls, .serverClosed),
            (.mutualTLS, .tls, .serverClosed), (.tls, .tls, .connectionReset), (.mutualTLS, .tls, .connectionReset),
            (.tls, .tls, .tlsNotSupported), (.mutualTLS, .tls, .tlsNotSupported):
            question.scheme = source.scheme.with(.plain)
            guard await answersAsMongo(question) else { return failure }
            return SourceFailure(
                .tls, .tlsNotSupported, "\(endpoint) does not offer TLS.",
                hint:
                    "Let the server's administrator set net.tls.mode; only on a trusted network set ssl to false here.")
        default: return failure
        }
    }

    /// Whether a server greets back, or would if it were shown a certificate.
    private func answersAsMongo(_ source: DataSource) async -> Bool {
        do throws(SourceFailure) {
            _ = try await greet(source)
            return true
        } catch {
            return error.code == .tlsClientCertificateRequired
        }
    }
}
