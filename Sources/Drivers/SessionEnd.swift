import SourceModel

/// The end of a session that holds no connection for ever, and what is to be run then. Kept under its session's lock.
struct SessionEnd {
    typealias Body = @Sendable (SourceFailure?) -> Void

    /// Whether the session has been closed.
    private(set) var hasCome = false
    private var bodies: [Body] = []

    /// Marks the end.
    ///
    /// - Returns: what is to be run when all is closed, outside of the lock; nothing the second time.
    mutating func come() -> [Body] {
        defer { (hasCome, bodies) = (true, []) }
        return bodies
    }

    /// Keeps what is to be run at the end.
    ///
    /// - Returns: false where the end has come already: then the caller runs it, outside of the lock.
    mutating func keep(_ body: @escaping Body) -> Bool {
        if !hasCome { bodies.append(body) }
        return !hasCome
    }
}
