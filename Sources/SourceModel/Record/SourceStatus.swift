/// How a stored data source is doing.
package enum SourceStatus: String, CaseIterable, Sendable, Hashable {
    /// Stored untested; nothing is connected.
    case draft
    /// At least one connection answers, or one can be had.
    case connected
    /// Was connected, is not now, and is being connected again.
    case reconnecting
    /// Was refused in a way that trying again does not mend.
    case failed
}
