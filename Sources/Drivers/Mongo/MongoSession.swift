import Foundation
import MongoWire
import NIOCore
import Route
import SourceModel
import Synchronization

/// A MongoDB connection that has logged in.
final class MongoSession: Session {
    let connection: MongoConnection
    let meaning: MongoMeaning
    let source: DataSource
    /// Asks the server to end what a logical session runs; whether it could be asked.
    let canceller: Canceller
    /// The rows of the command that runs.
    let running = Mutex<MongoRows?>(nil)
    private let learned: Mutex<SessionFacts>
    /// The logical session of this connection (MongoDB's specification "Driver Sessions"); nil where the server has none.
    private let logical: Mutex<BSONDocument?>

    typealias Canceller = @Sendable (BSONDocument) async -> Bool

    init(
        _ connection: MongoConnection, routed: RoutedChannel, source: DataSource, facts: SessionFacts,
        canceller: @escaping Canceller
    ) {
        self.connection = connection
        self.source = source
        self.canceller = canceller
        meaning = MongoMeaning(source: source, routed: routed)
        learned = Mutex(facts)
        logical = Mutex(connection.server.hasSessions ? Self.makeLogicalSession() : nil)
    }

    var facts: SessionFacts { learned.withLock { $0 } }

    /// The database that statements are about.
    var database: String { source.database.flatMap { $0.isEmpty ? nil : $0 } ?? "test" }

    // MARK: Opening

    /// Stages `database` and `probe`.
    func enter(_ purpose: OpeningPurpose, _ journal: StageJournal) async throws(SourceFailure) {
        journal.enter(.database)
        journal.note(database)
        // Whether the login may look is the question, not what is there: no collection has an empty name.
        let listing: BSONDocument = [
            "listCollections": 1, "filter": .document(["name": ""]), "nameOnly": true, "authorizedCollections": true,
        ]
        let reply = try await run(listing, in: .database)
        if let cursor = Self.cursor(reply) { await kill(cursor) }
        journal.enter(.probe)
        let build = try await run(["buildInfo": 1], on: "admin", in: .probe)
        let version = build["version"]?.text.map { "MongoDB \($0.prefix(64))" } ?? "MongoDB"
        learned.withLock { $0.serverVersion = version }
        journal.note(version)
        try await ping()
        if purpose == .test { await warn(journal) }
    }

    /// What the login may do that reading does not need. A server that does not tell is believed to be well set up.
    private func warn(_ journal: StageJournal) async {
        guard let status = try? await connection.run(["connectionStatus": 1, "showPrivileges": true], on: "admin")
        else {
            return
        }
        switch MongoPrivileges.power(in: status) {
        case .reading: break
        case .writing:
            journal.warn(
                Warning(.loginCanWrite, "The login can write to collections; reading needs no more than the role read.")
            )
        case .everything:
            journal.warn(Warning(.loginIsSuperuser, "The login may do everything: it can read and change all data."))
        case .unguarded:
            journal.warn(
                Warning(.loginIsSuperuser, "The server has no access control: whoever reaches it may do everything."))
        }
    }

    /// A connection to a member that is no longer what was looked for is of no use.
    func checkRole(_ server: ServerDescription) throws(SourceFailure) {
        guard let name = source.options.mongo.replicaSet else { return }
        let isFit =
            switch source.options.mongo.readPreference {
            case .primary: server.kind == .primary
            case .secondary: server.kind == .secondary
            case .primaryPreferred, .secondaryPreferred, .nearest: server.kind == .primary || server.kind == .secondary
            }
        guard server.setName == name, isFit else {
            throw SourceFailure(
                .login, .noSuitableMember,
                "\(meaning.target) is no longer a member for the read preference "
                    + "\(source.options.mongo.readPreference.rawValue).",
                hint: "Nothing to do: Wellhead looks for another member.")
        }
    }

    // MARK: Session

    func ping() async throws(SourceFailure) {
        guard source.options.mongo.replicaSet != nil else {
            _ = try await run(["ping": 1], on: "admin", in: .probe)
            return
        }
        // Tells the same, and whether the member still is what it was.
        let question: BSONDocument = [connection.server.question: 1]
        try checkRole(ServerDescription(reply: try await run(question, on: "admin", in: .probe)))
    }

    func close() async {
        // The server keeps sessions for half an hour; one that is told forgets them at once.
        if let session = logical.withLock({ $0 }), await !connection.isRunning, connection.channel.isActive {
            let command: BSONDocument = ["endSessions": .array(.list([.document(session)]))]
            _ = await Deadline.race(.milliseconds(500)) { [connection] in
                try await connection.run(command, on: "admin")
            }
        }
        await connection.close()
    }

    func whenClosed(_ body: @escaping @Sendable (SourceFailure?) -> Void) {
        connection.onClose.whenComplete { _ in body(nil) }
    }

    // MARK: Commands

    /// Runs a command and tells a refusal in the words of the stage.
    func run(
        _ command: BSONDocument, on other: String? = nil, in stage: Stage
    ) async throws(SourceFailure) -> BSONDocument {
        do throws(MongoWireError) {
            return try await ask(command, on: other, in: stage)
        } catch {
            throw failure(for: error, in: stage)
        }
    }

    /// Runs a command; a refusal stays in the server's own words.
    func ask(
        _ command: BSONDocument, on other: String? = nil, in stage: Stage
    ) async throws(MongoWireError) -> BSONDocument {
        var command = command
        if let session = logical.withLock({ $0 }), stage.isStatement {
            command = command.adding(("lsid", .document(session)))
        }
        if let preference, stage.isStatement || stage == .database {
            command = command.adding(("$readPreference", .document(["mode": .string(preference)])))
        }
        return try await connection.run(command, on: other ?? database)
    }

    /// What an error of a command means; the connection is given up where it is of no use any more.
    func failure(for error: MongoWireError, in stage: Stage) -> SourceFailure {
        let failure = meaning.failure(for: error, in: stage)
        // A member that changed its role does not come back to it on this connection.
        if case .server(let refusal) = error, MongoFailures.passing(refusal, stage, "") != nil {
            connection.channel.close(promise: nil)
        }
        return failure
    }

    /// What the server is told of the members that may answer. A server that was named itself answers whatever it is.
    private var preference: String? {
        let wanted = source.options.mongo.readPreference
        switch connection.server.kind {
        case .standalone: return nil
        case .router: return wanted == .primary ? nil : wanted.rawValue
        case .primary, .secondary, .arbiter, .other:
            return wanted == .primary && source.options.mongo.replicaSet == nil
                ? MongoOptions.ReadPreference.primaryPreferred.rawValue : wanted.rawValue
        }
    }

    /// The cursor of an answer; nil where it has no more documents.
    static func cursor(_ reply: BSONDocument) -> MongoRows.Cursor? {
        guard let cursor = reply.part("cursor"), case .int64(let id)? = cursor["id"], id != 0,
            let namespace = cursor["ns"]?.text
        else { return nil }
        return MongoRows.Cursor(id: id, namespace: namespace)
    }

    /// Lets the server forget a cursor; whether it did is its own affair, for it forgets idle ones by itself.
    func kill(_ cursor: MongoRows.Cursor) async {
        let command: BSONDocument = [
            "killCursors": .string(cursor.collection), "cursors": .array(.list([.int64(cursor.id)])),
        ]
        _ = try? await run(command, on: cursor.database, in: .query)
    }

    /// Takes another logical session; gives the one that was in use.
    func renewLogicalSession() -> BSONDocument? {
        logical.withLock { session in
            defer { if session != nil { session = Self.makeLogicalSession() } }
            return session
        }
    }

    private static func makeLogicalSession() -> BSONDocument {
        let id = UUID().uuid
        return ["id": .binary(subtype: 4, withUnsafeBytes(of: id) { Array($0) })]
    }
}
