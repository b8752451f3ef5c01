import Foundation
import SourceModel

/// One open connection to a data source, logged in and probed.
package protocol Session: AnyObject, Sendable {
    /// What was learned while opening.
    var facts: SessionFacts { get }

    /// Asks the data source for a sign of life over the very connection that queries use.
    func ping() async throws(SourceFailure)

    /// Says goodbye and closes; returns when nothing of the session is left. May be called again.
    func close() async

    /// Runs the body once when the session has ended, whoever ended it; at once where it already has.
    func whenClosed(_ body: @escaping @Sendable (SourceFailure?) -> Void)
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
