/// The times of SSH sessions.
package struct SSHTuning: Sendable {
    /// How long a session without channels is kept for the next one.
    package var idle: Duration = .seconds(5)
    /// How long a session may be silent before the server is asked whether it is there.
    package var keepAlive: Duration = .seconds(15)
    /// How many such questions may go unanswered before the session counts as lost.
    package var keepAliveMisses = 3
    /// The head start of a connection attempt before the next address is tried beside it.
    package var stagger: Duration = .milliseconds(250)
    /// How long a relay that says nothing is waited for before it counts as connected.
    package var relayGrace: Duration = .seconds(1)

    package init() {}
}
