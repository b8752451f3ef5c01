import SourceModel

/// What is wrong with a statement, in the same words for every driver of a server.
///
/// `product` is the server's name for people, such as `PostgreSQL`; `target` is its address.
extension SourceFailure {
    /// By the server's own description the statement gives no rows: then it does something.
    static func withoutRows(
        _ product: String, because what: String = "gives no rows",
        hint: String = "Send a statement that reads, such as select; Wellhead changes nothing in a data source."
    ) -> SourceFailure {
        SourceFailure(
            .query, .statementWithoutRows, "\(product) says that this statement \(what), so it was not run.", hint: hint
        )
    }

    static func parametersMismatch(expected: Int, sent: Int) -> SourceFailure {
        SourceFailure(
            .query, .parametersMismatch,
            "The statement takes \(expected) \(expected == 1 ? "parameter" : "parameters"), and \(sent) "
                + "\(sent == 1 ? "was" : "were") sent.",
            hint: "Send in parameters one value for each placeholder of the statement.")
    }

    /// The server refused to write.
    static func writes(
        _ product: String, _ said: ServerWords,
        hint: String = "Send a statement that only reads; Wellhead changes nothing in a data source."
    ) -> SourceFailure {
        SourceFailure(
            .query, .statementWrites, "The statement writes, and \(product) refused it: statements run read-only.",
            hint: hint, server: said)
    }

    /// The server refused the statement for what it is.
    ///
    /// - Parameter hint: what to do; the server's own advice where nil, else where to look.
    static func refused(_ product: String, _ said: ServerWords, hint: String? = nil) -> SourceFailure {
        SourceFailure(
            .query, .statementRefused, "\(product) refused the statement: \(said.clause).",
            hint: hint ?? said.hint ?? "Correct the statement\(said.position.map { " at character \($0)" } ?? "").",
            server: said)
    }

    /// The time of the statement is over, as the server says.
    static func statementTimedOut(_ product: String, _ said: ServerWords) -> SourceFailure {
        SourceFailure(
            .query, .statementTimeout, "\(product) ended the statement because its time was over.",
            hint: "Raise timeout, or ask for less.", server: said)
    }

    /// Somebody ended the statement.
    static func statementCancelled(_ said: ServerWords? = nil) -> SourceFailure {
        SourceFailure(
            .query, .statementCancelled, "The statement was cancelled.",
            hint: "Send it again if it is still wanted.", server: said)
    }

    /// The server does not tell what tables there are.
    static func schemaUnavailable(_ product: String, _ said: ServerWords, catalogue: String) -> SourceFailure {
        SourceFailure(
            .schema, .schemaUnavailable, "\(product) did not tell its tables: \(said.clause).",
            hint: "Let the server's administrator grant this login the use of \(catalogue).", server: said)
    }

    // MARK: The connection under a statement

    /// The server ended the session, and said so.
    static func sessionEnded(_ stage: Stage, _ target: String, _ said: ServerWords) -> SourceFailure {
        SourceFailure(
            stage, .serverClosed, "\(target) ended the connection: \(said.clause).", hint: "Send it again in a moment.",
            server: said)
    }

    /// A message of the answer is longer than any is taken.
    ///
    /// - Parameter limit: bytes.
    static func tooLong(_ stage: Stage, _ target: String, limit: Int, cause: String) -> SourceFailure {
        guard stage == .query else { return unreadable(stage, target, cause: cause) }
        return SourceFailure(
            .query, .statementRefused, "\(target) sent a row of more than \(limit >> 20) MiB.",
            hint: "Select fewer columns, or parts of the long ones.", cause: cause)
    }

    /// The answer is not what the protocol allows.
    static func unreadable(_ stage: Stage, _ target: String, cause: String) -> SourceFailure {
        SourceFailure(
            stage, stage == .schema ? .schemaUnavailable : .statementRefused,
            "\(target) answered with something that cannot be read.",
            hint: "Look into the server's log; if a pooler or proxy stands before it, try without.", cause: cause)
    }
}

extension Stage {
    /// Whether a statement, the caller's or one about the schema, is under way.
    var isStatement: Bool { self == .query || self == .schema }
}

extension ServerWords {
    /// The server's sentence as a part of one of ours, with its code: on one line, bounded, without its full stop.
    fileprivate var clause: String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(300)
        return "\(line.hasSuffix(".") ? line.dropLast() : line) (\(code))"
    }
}
