import Synchronization

/// Whether the service takes requests: the registry is open and the reconnection of what is stored has begun.
package final class Readiness: Sendable {
    private let ready = Atomic(false)

    package init() {}

    /// Called once, when everything has started.
    package func announce() { ready.store(true, ordering: .releasing) }

    /// Called when the service begins to end.
    package func withdraw() { ready.store(false, ordering: .releasing) }

    package var isReady: Bool { ready.load(ordering: .acquiring) }
}
