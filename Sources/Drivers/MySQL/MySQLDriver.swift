import MySQLWire
import NIOCore
import Route
import SourceModel

/// Opens MySQL, MariaDB and what speaks their protocol.
struct MySQLDriver: Sendable {
    let route: Route

    func open(
        _ source: DataSource, for purpose: OpeningPurpose, journal: StageJournal
    ) async throws(SourceFailure) -> any Session {
        let sighting = TLSSighting()
        let (connection, routed) = try await connect(source, sighting, journal: journal)
        journal.enter(.database)
        journal.note(source.database ?? "none chosen")
        let version = "\(connection.flavour.rawValue) \(connection.serverVersion)"
        journal.enter(.probe)
        journal.note(version)
        if let expected = MySQLDriver.flavour(of: source.driver), expected != connection.flavour {
            journal.warn(
                Warning(
                    .otherFlavour,
                    "driver says \(expected.rawValue) and the server is \(connection.flavour.rawValue). It works; set "
                        + "driver to \(connection.flavour == .mariaDB ? "mariadb" : "mysql") to say what is there."))
        }
        let session = MySQLSession(
            connection, routed: routed, source: source,
            facts: SessionFacts(
                serverVersion: version, hostKey: routed.hostKey,
                certificateExpires: SessionFacts.expiry(sighting.observation, source.scheme.encryption.identity)),
            beside: { try await connect(source, TLSSighting(), journal: StageJournal()).connection })
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

    /// From the route's first stage to the end of the login.
    private func connect(
        _ source: DataSource, _ sighting: TLSSighting, journal: StageJournal
    ) async throws(SourceFailure) -> (connection: MySQLConnection, routed: RoutedChannel) {
        let routed = try await route.open(source, journal: journal)
        do throws(MySQLWireError) {
            return (try await logIn(source, over: routed, sighting, journal: journal), routed)
        } catch {
            throw MySQLMeaning(source: source, routed: routed).failure(for: error, in: journal.current ?? .login)
        }
    }

    /// Stages `tls`, where the scheme has it, and `login`.
    private func logIn(
        _ source: DataSource, over routed: RoutedChannel, _ sighting: TLSSighting, journal: StageJournal
    ) async throws(MySQLWireError) -> MySQLConnection {
        // The server greets first, in clear; only then it is known whether it has TLS.
        journal.enter(.login, tentatively: routed.upgrade != nil)
        let upgrade = routed.upgrade.map { start in
            TLSUpgrade { channel in start(channel).map { sighting.observation = $0 } }
        }
        return try await MySQLConnection.open(
            on: routed.channel,
            configuration: MySQLConnection.Configuration(
                username: source.login.username ?? "", password: source.login.password?.reveal(),
                database: source.database, attributes: ["program_name": source.options.applicationName],
                upgrade: upgrade),
            authenticating: { journal.enter(.login) })
    }

    private static func flavour(of driver: DriverKind) -> ServerFlavour? {
        switch driver {
        case .mysql: .mySQL
        case .mariadb: .mariaDB
        case .postgres, .sqlserver, .mongo, .csv, .excel, .rest: nil
        }
    }
}
