import SourceModel

/// What is wrong with a statement, in the same words for every driver.
extension SourceFailure {
    /// The server says that the statement gives no rows: then it does something.
    static func withoutRows(_ product: String) -> SourceFailure {
        SourceFailure(
            .query, .statementWithoutRows, "\(product) says that this statement gives no rows, so it was not run.",
            hint: "Send a statement that reads, such as select; Wellhead changes nothing in a data source.")
    }

    static func parametersMismatch(expected: Int, sent: Int) -> SourceFailure {
        SourceFailure(
            .query, .parametersMismatch,
            "The statement takes \(expected) \(expected == 1 ? "parameter" : "parameters"), and \(sent) were sent.",
            hint: "Send in parameters one value for each placeholder of the statement.")
    }

    /// The server refused to write.
    static func writes(_ product: String, _ said: ServerWords) -> SourceFailure {
        SourceFailure(
            .query, .statementWrites, "The statement writes, and \(product) refused it: statements run read-only.",
            hint: "Send a statement that only reads; Wellhead changes nothing in a data source.", server: said)
    }

    /// The server refused the statement for what it is.
    static func refused(_ product: String, _ said: ServerWords) -> SourceFailure {
        SourceFailure(
            .query, .statementRefused, "\(product) refused the statement: \(said.text.asClause) (\(said.code)).",
            hint: said.hint ?? "Correct the statement\(said.position.map { " at character \($0)" } ?? "").",
            server: said)
    }

    /// The time of the statement is over, as the server says.
    static func statementTimedOut(_ product: String, _ said: ServerWords) -> SourceFailure {
        SourceFailure(
            .query, .statementTimeout, "\(product) ended the statement because its time was over.",
            hint: "Raise timeout, or ask for less.", server: said)
    }

    /// Somebody ended the statement.
    static func statementCancelled(_ product: String, _ said: ServerWords) -> SourceFailure {
        SourceFailure(
            .query, .statementCancelled, "The statement was cancelled.",
            hint: "Send it again if it is still wanted.", server: said)
    }
}

extension String {
    /// A server's sentence as a part of one of ours: on one line, bounded, without its full stop.
    fileprivate var asClause: String {
        let line = split(whereSeparator: \.isNewline).joined(separator: " ").prefix(300)
        return String(line.hasSuffix(".") ? line.dropLast() : line)
    }
}
