import Foundation
import NIOCore
import Route
import SourceModel
import TDSWire

/// Opens SQL Server and what speaks its protocol.
struct SQLServerDriver: Sendable {
    let route: Route

    /// How often a server may send a login on: Azure SQL Database does it once.
    private static let hops = 3

    func open(
        _ source: DataSource, for purpose: OpeningPurpose, journal: StageJournal
    ) async throws(SourceFailure) -> any Session {
        let located = try await located(source, journal)
        let opened: Opened
        do throws(SourceFailure) {
            opened = try await connect(located, journal)
        } catch {
            throw purpose == .test ? await refined(error, of: located) : error
        }
        let connection = opened.connection
        journal.enter(.database)
        journal.note(connection.database)
        let version = [connection.program, connection.serverVersion?.description ?? ""].filter { !$0.isEmpty }
            .joined(separator: " ")
        journal.enter(.probe)
        journal.note(version)
        if connection.sentLoginInClear {
            journal.warn(
                Warning(
                    .passwordInClear,
                    "The server has no TLS: the password crossed the network disguised, which hides it from nobody."))
        }
        let session = SQLServerSession(
            connection, routed: opened.routed, source: opened.source,
            facts: SessionFacts(
                serverVersion: version, hostKey: opened.routed.hostKey,
                certificateExpires: SessionFacts.expiry(opened.observation, source.scheme.encryption.identity)))
        do throws(SourceFailure) {
            switch purpose {
            case .test: try await session.probe(journal)
            case .pool: try await session.ping()
            }
        } catch {
            opened.routed.channel.close(promise: nil)
            throw error
        }
        journal.pass()
        return session
    }

    private struct Opened {
        var connection: TDSConnection
        var routed: RoutedChannel
        /// The source as it was reached in the end.
        var source: DataSource
        var observation: TLSObservation?
    }

    // MARK: The way

    /// The source with the port on which its named instance listens.
    private func located(_ source: DataSource, _ journal: StageJournal) async throws(SourceFailure) -> DataSource {
        guard let instance = source.options.sqlServer.instance, let endpoint = source.endpoint else { return source }
        let unknown = SourceFailure(
            .dial, .hostUnreachable,
            "The SQL Browser at \(endpoint.host) tells no TCP port of an instance \(instance).",
            hint: "Check options.instance, and that TCP is enabled for it; or set port to the port on which it listens."
        )
        guard let question = BrowserMessage.question(for: instance) else { throw unknown }
        let answer = try await route.ask(
            question, of: endpoint.host, port: BrowserMessage.port, service: "the SQL Browser", journal: journal)
        guard let port = BrowserMessage.port(of: instance, in: answer) else { throw unknown }
        var located = source
        located.endpoint?.port = port
        return located
    }

    /// From the route's first stage to the end of the login; follows a server that sends the login on.
    private func connect(_ source: DataSource, _ journal: StageJournal) async throws(SourceFailure) -> Opened {
        var target = source
        for _ in 0...Self.hops {
            let routed = try await route.open(target, journal: journal)
            let sighting = TLSSighting()
            do throws(TDSWireError) {
                let connection = try await logIn(target, over: routed, sighting, journal: journal)
                return Opened(
                    connection: connection, routed: routed, source: target, observation: sighting.observation)
            } catch {
                guard case .routed(let place) = error else {
                    throw SQLServerMeaning(source: target, routed: routed)
                        .failure(for: error, in: journal.current ?? .login)
                }
                journal.pass("sent on to \(place.host):\(place.port)")
                target = try target.moved(to: place)
            }
        }
        throw SourceFailure(
            .login, .serverClosed,
            "\(source.endpoint.map(\.description) ?? "The server") sent the login on to another server, which did the "
                + "same, and so on.",
            hint: "Set host and port to the server that has the database.")
    }

    /// Stages `tls`, where there is any, and `login`.
    private func logIn(
        _ source: DataSource, over routed: RoutedChannel, _ sighting: TLSSighting, journal: StageJournal
    ) async throws(TDSWireError) -> TDSConnection {
        // Versions and TLS are settled first: what is not answered then, is not answered there.
        journal.enter(routed.isEncrypted ? .tls : .login, tentatively: true)
        let upgrade = TLSUpgrade { channel, request in
            let profile = TLSProfile(
                carrier: request.carrier, applicationProtocols: request.applicationProtocols,
                isForLoginAlone: request.isForLoginAlone)
            return routed.startTLS(on: channel, as: profile).map { observation in
                // What nobody verified, and is gone again, says nothing about the session.
                if !request.isForLoginAlone { sighting.observation = observation }
                return TLSUpgrade.Outcome { RoutedChannel.endTLS(on: $0) }
            }
        }
        let options = source.options
        var configuration = TDSConnection.Configuration(
            username: source.login.username ?? "", password: source.login.password?.reveal(),
            database: source.database, server: source.endpoint?.host ?? "", application: options.applicationName,
            encryption: !routed.isEncrypted ? .loginAlone : options.sqlServer.isStrict ? .strict : .required,
            upgrade: upgrade)
        configuration.readOnlyIntent = options.sqlServer.readOnlyIntent
        // A hundred thousand tables' names.
        configuration.maximumCollectedSize = 64 << 20
        return try await TDSConnection.open(
            on: routed.channel, configuration: configuration, authenticating: { journal.enter(.login) })
    }

    // MARK: Why not

    /// "Cannot open the database" is said of one that does not exist and of one that the login may not use. The server
    /// knows which it is, once somebody is logged in without the database.
    private func refined(_ failure: SourceFailure, of source: DataSource) async -> SourceFailure {
        guard failure.code == .databaseNotFound, let database = source.database else { return failure }
        var question = source
        question.database = nil
        do throws(SourceFailure) {
            let opened = try await connect(question, StageJournal())
            defer { opened.routed.channel.close(promise: nil) }
            let rows = try? await opened.connection.rows(
                of: "SELECT HAS_DBACCESS(@p1)", [TDSParameter("@p1", .text(database))])
            // NULL: there is none. 0: there is, and not for this login.
            guard rows?.first?.first == .some("0") else { return failure }
        } catch {
            // The first login said what is wrong; the second one only makes that more precise.
            return failure
        }
        return SQLServerFailures.forbidden(source, said: failure.server)
    }
}

extension DataSource {
    /// The same data source at the place to which its server sends clients.
    fileprivate func moved(to place: TDSRouting) throws(SourceFailure) -> DataSource {
        var moved = self
        let name: String
        do throws(HostText.Problem) {
            name = try HostText.read(place.host, field: .host, portField: nil)
        } catch {
            throw SourceFailure(
                .login, .serverClosed, "The server sent the login on to a place that is no name and no address.",
                hint: "Find out who answers at host and port.", cause: error.message)
        }
        moved.endpoint = Endpoint(host: name, port: place.port)
        // The name to expect in the certificate goes along, unless somebody set one.
        if var trust = scheme.encryption.trust, trust.serverName == endpoint?.host {
            trust.serverName = name
            moved.scheme = scheme.with(scheme.encryption.identity.map { .mutualTLS(trust, $0) } ?? .tls(trust))
        }
        return moved
    }
}
