import Foundation
import Results
import SourceModel

/// One open connection to a data source, logged in and probed.
package protocol Session: AnyObject, Sendable {
    /// What was learned while opening.
    var facts: SessionFacts { get }

    /// Asks the data source for a sign of life over the very connection that queries use.
    func ping() async throws(SourceFailure)

    /// The tables that the login may see, sorted by schema and name, the server's own catalogues left out.
    func tables() async throws(SourceFailure) -> TableList

    /// What these tables are made of, in their order; a table that is gone meanwhile has no columns.
    func details(of tables: [TableHeading]) async throws(SourceFailure) -> [TableDetails]

    /// Runs one statement that can only read, by the data source's own means. Whether it throws or not, `endQuery` has to
    /// be called afterwards, before anything else is asked of the session.
    ///
    /// - Throws: a failure of the stage `query`, or of the connection.
    func query(_ statement: Statement) async throws(SourceFailure) -> any RowSource

    /// Ends what `query` began, or the task that asked was cancelled in: a statement that still runs is cancelled at the
    /// server, and the session is left as after its login, with no transaction, no lock and no setting of the statement.
    /// A session that cannot be brought back closes itself. Not to be called in a cancelled task.
    func endQuery() async

    /// Says goodbye and closes; returns when nothing of the session is left. May be called again.
    func close() async

    /// Runs the body once when the session has ended, whoever ended it; at once where it already has.
    func whenClosed(_ body: @escaping @Sendable (SourceFailure?) -> Void)
}

/// The rows of a statement that runs, on their way from the wire.
package protocol RowSource: AnyObject, Sendable {
    var columns: [ResultColumn] { get }

    /// Encodes the rows that are there, at least one; waits for them. Encodes no more rows than `Statement.rowLimit` and,
    /// by the batch, no more than about `Statement.byteLimit`, and notes in the encoder what was cut.
    ///
    /// - Returns: false after the last row.
    func encodeNext(into encoder: inout RowEncoder) async throws(SourceFailure) -> Bool
}

/// What opening a session has shown.
package struct SessionFacts: Sendable, Equatable {
    /// The server's own words for its version; a file's size and date.
    package var serverVersion: String
    /// The SSH host's key on the connection that carries this session.
    package var hostKey: HostKey?
    /// The earlier end of the server's and the client's certificate.
    package var certificateExpires: Date?

    package init(serverVersion: String, hostKey: HostKey? = nil, certificateExpires: Date? = nil) {
        self.serverVersion = serverVersion
        self.hostKey = hostKey
        self.certificateExpires = certificateExpires
    }
}

/// Why a session is opened: a test looks closer than a pool that opens one more.
package enum OpeningPurpose: Sendable {
    /// Looks at what the login may do, too.
    case test
    /// A sign of life is enough.
    case pool
}
