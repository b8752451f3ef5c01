import SourceModel

/// The gateway's durations and bounds; the defaults are the contract's.
package struct GatewaySettings: Sendable {
    /// An idle connection is checked this often.
    package var checkInterval: Duration = .seconds(30)
    /// A connection that idled longer is checked before it is leased.
    package var freshness: Duration = .seconds(10)
    /// A connection above the minimum is closed when it was not used for this long.
    package var idleTimeout: Duration = .seconds(300)
    /// A check without an answer for this long has failed.
    package var checkDeadline: Duration = .seconds(5)
    /// A reconnection's deadline.
    package var openDeadline: Duration = .seconds(10)
    /// Reconnections that run at one time, over all sources.
    package var openings = 64
    package var backoff = Backoff()
    /// How long a statement waits for a free connection.
    package var leaseWait: Duration = .seconds(5)
    /// A statement that is to end is given this long to do so; then its connection is closed.
    package var cancelDeadline: Duration = .seconds(5)
    /// The time that reading a schema may take.
    package var schemaDeadline: Duration = .seconds(30)
    /// A schema that was read longer ago is read again.
    package var schemaAge: Duration = .seconds(300)

    package init() {}
}
