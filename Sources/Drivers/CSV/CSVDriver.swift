import Foundation
import NIOConcurrencyHelpers
import SourceModel

/// Reads a CSV file (RFC 4180) in the service's file directory.
struct CSVDriver: Sendable {
    let files: FileRoom

    func open(_ source: DataSource, journal: StageJournal) async throws(SourceFailure) -> any Session {
        let path = source.database ?? ""
        journal.enter(.open)
        let found = try files.find(path)
        journal.note("\(found.size) bytes")
        journal.enter(.probe)
        let survey = try CSVSurvey(of: found.url, named: path)
        journal.pass("\(survey.columns.count) columns, \(survey.rows) rows: \(survey.columnList)")
        return CSVSession(path: path, files: files, found: found)
    }
}

/// A CSV file that was found readable. A file has no connection: the session's sign of life is that the file is there.
final class CSVSession: Session {
    let facts: SessionFacts
    private let path: String
    private let files: FileRoom
    private let ending = NIOLockedValueBox<(ended: Bool, bodies: [@Sendable (SourceFailure?) -> Void])>((false, []))

    init(path: String, files: FileRoom, found: FileRoom.Found) {
        self.path = path
        self.files = files
        let modified = found.modified.formatted(.iso8601)
        facts = SessionFacts(serverVersion: "CSV, \(found.size) bytes, changed \(modified)")
    }

    func ping() async throws(SourceFailure) {
        _ = try files.find(path)
    }

    func close() async {
        let bodies = ending.withLockedValue { ending in
            defer { ending = (true, []) }
            return ending.bodies
        }
        for body in bodies { body(nil) }
    }

    func whenClosed(_ body: @escaping @Sendable (SourceFailure?) -> Void) {
        let ended = ending.withLockedValue { ending in
            if !ending.ended { ending.bodies.append(body) }
            return ending.ended
        }
        if ended { body(nil) }
    }
}
