import Foundation
import NIOCore
import PostgresWire
import Route
import SourceModel
import Synchronization

/// Opens PostgreSQL and what speaks its protocol.
struct PostgresDriver: Sendable {
    let route: Route

    func open(
        _ source: DataSource, for purpose: OpeningPurpose, journal: StageJournal
    ) async throws(SourceFailure) -> any Session {
        let routed = try await route.open(source, journal: journal)
        let opened: Opened
        do throws(PostgresWireError) {
            opened = try await logIn(source, over: routed, journal: journal)
        } catch {
            let meaning = PostgresMeaning(source: source, routed: routed)
            let failure = meaning.failure(for: error, in: journal.current ?? .login)
            throw purpose == .test ? await refined(failure, of: source) : failure
        }
        let connection = opened.connection
        journal.enter(.database)
        journal.note(source.database ?? source.login.username ?? "")
        let version = connection.parameters["server_version"].map { "PostgreSQL \($0)" } ?? "PostgreSQL"
        journal.enter(.probe)
        journal.note(version)
        if connection.sentCleartextPassword && source.scheme.encryption == .plain {
            journal.warn(
                Warning(.passwordInClear, "The server asked for the password readable and got it so. Set ssl to true."))
        }
        let session = PostgresSession(
            connection, routed: routed, source: source,
            facts: SessionFacts(
                serverVersion: version, hostKey: routed.hostKey,
                certificateExpires: SessionFacts.expiry(opened.observation, source.scheme.encryption.identity)),
            canceller: { key in await cancel(key, of: source) })
        do throws(SourceFailure) {
            switch purpose {
            case .test: try await session.probe(journal)
            case .pool: try await session.ping()
            }
        } catch {
            routed.channel.close(promise: nil)
            throw error
        }
        journal.pass()
        return session
    }

    private struct Opened {
        var connection: PostgresConnection
        var observation: TLSObservation?
    }

    /// Stages `tls`, where the scheme has it, and `login`.
    private func logIn(
        _ source: DataSource, over routed: RoutedChannel, journal: StageJournal
    ) async throws(PostgresWireError) -> Opened {
        // With TLS the server is asked for it first: what it does not answer, it does not answer there.
        journal.enter(routed.upgrade == nil ? .login : .tls, tentatively: routed.upgrade != nil)
        let sighting = TLSSighting()
        var configuration = PostgresConnection.Configuration(
            username: source.login.username ?? "", password: source.login.password?.reveal(),
            database: source.database, parameters: [("application_name", source.options.applicationName)],
            upgrade: upgrade(routed, sighting), allowsCleartextPassword: true)
        // What a cancelled statement still has under way: the socket buffers of both sides.
        configuration.maximumDrainSize = 16 << 20
        // A hundred thousand tables' names.
        configuration.maximumSimpleResultSize = 32 << 20
        let connection = try await PostgresConnection.open(
            on: routed.channel, configuration: configuration, authenticating: { journal.enter(.login) })
        return Opened(connection: connection, observation: sighting.observation)
    }

    private func upgrade(_ routed: RoutedChannel, _ sighting: TLSSighting) -> TLSUpgrade? {
        routed.upgrade.map { start in
            TLSUpgrade { channel in
                start(channel).map { observation in
                    sighting.observation = observation
                    return TLSBinding(serverEndPoint: observation.serverEndPoint)
                }
            }
        }
    }

    /// Asks the server, on a connection that goes the same way, to cancel what a backend runs; whether it was asked.
    private func cancel(_ key: BackendKey, of source: DataSource) async -> Bool {
        do {
            let routed = try await route.open(source, journal: StageJournal())
            try await PostgresConnection.cancel(key, on: routed.channel, upgrade: upgrade(routed, TLSSighting()))
            return true
        } catch {
            // Whoever asked closes the session instead, which ends the statement in the server's own time.
            return false
        }
    }

    /// "No line lets you in" can mean "not without TLS". The text that says so comes in the server's language; so the
    /// server is asked again, over TLS and without the password.
    private func refined(_ failure: SourceFailure, of source: DataSource) async -> SourceFailure {
        guard failure.code == .loginHostDenied, source.scheme.encryption == .plain, let endpoint = source.endpoint
        else {
            return failure
        }
        var question = source
        question.login.password = nil
        let trust = ServerTrust(mode: .require, anchors: nil, serverName: endpoint.host)
        question.scheme = source.scheme.with(.tls(trust))
        guard await isLetIn(question) else { return failure }
        return SourceFailure(
            .login, .tlsRequired,
            "\(endpoint) lets user \(source.login.username ?? "") in over TLS only.",
            hint: "Set ssl to true, and sslCA if the server's certificate is not from a public authority.",
            server: failure.server)
    }

    /// Whether the server is ready to hear this login's password, or lets it in without one.
    private func isLetIn(_ source: DataSource) async -> Bool {
        let journal = StageJournal()
        do throws(SourceFailure) {
            let routed = try await route.open(source, journal: journal)
            do throws(PostgresWireError) {
                try await logIn(source, over: routed, journal: journal).connection.close()
                return true
            } catch {
                return error == .passwordRequired
            }
        } catch {
            // The first dial said what is wrong with this login; the second one only makes that more precise.
            return false
        }
    }
}

/// Keeps what the route saw of a server's TLS until the login is done.
final class TLSSighting: Sendable {
    private let box = Mutex<TLSObservation?>(nil)

    var observation: TLSObservation? {
        get { box.withLock { $0 } }
        set { box.withLock { $0 = newValue } }
    }
}

extension SecurityScheme {
    /// The same way with another wrapping of the data source's own connection.
    func with(_ encryption: Encryption) -> SecurityScheme {
        switch self {
        case .direct: .direct(encryption)
        case .ssh(let bastion, let passage, _): .ssh(bastion, passage, encryption)
        }
    }
}

extension SessionFacts {
    /// The earlier end of the server's and the client's certificate.
    static func expiry(_ observation: TLSObservation?, _ identity: ClientIdentity?) -> Date? {
        let ends = [
            observation?.notAfter, identity.map { Date(timeIntervalSince1970: TimeInterval($0.expires)) },
        ]
        return ends.compactMap { $0 }.min()
    }
}
