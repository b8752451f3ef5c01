import Foundation
import SourceModel

/// How a connected source is doing right now.
package struct LiveStatus: Sendable, Equatable {
    package var status: SourceStatus
    /// When the status last changed.
    package var since: Date
    /// Connections that are up, of which `idle` are free and `busy` are leased.
    package var open = 0
    package var idle = 0
    package var busy = 0
    /// Callers that wait for a connection.
    package var waiting = 0
    package var lastCheck: Date?
    package var lastError: SourceFailure?
    package var lastErrorAt: Date?
    package var serverVersion: String?
    /// The last check's round trip.
    package var latency: Duration?
    package var certificateExpires: Date?
    /// Openings that failed in a row.
    package var reconnectAttempts = 0

    package init(status: SourceStatus, since: Date) {
        self.status = status
        self.since = since
    }
}
