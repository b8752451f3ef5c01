import MySQLWire
import SourceModel

/// What goes wrong with a statement.
extension MySQLFailures {
    /// A refusal of a statement.
    static func statement(errno: UInt16, text: String, target: String) -> SourceFailure {
        let said = ServerWords(code: String(errno), text: text)
        func failure(_ code: FailureCode, _ message: String, _ hint: String) -> SourceFailure {
            SourceFailure(.query, code, message, hint: hint, server: said)
        }
        switch errno {
        case 1792, 1836:
            return failure(.statementWrites, "The statement would write at \(target).", readingHint)
        case 1290 where text.contains("read-only") || text.contains("read_only"):
            // The option that prevents the statement stands in the text as a value; the errno serves all options.
            return failure(.statementWrites, "The statement would write at \(target).", readingHint)
        case 3024, 1969:
            return failure(
                .statementTimeout, "\(target) ended the statement because its time ran out.",
                "Raise timeout, or make the statement read less.")
        case 1317:
            return failure(
                .statementCancelled, "The statement was cancelled at \(target).", "Send it again if it is still wanted."
            )
        case 1210, 1243:
            return failure(
                .parametersMismatch, "\(target) cannot take the parameters of the statement.",
                "Send one parameter for each ? of the statement.")
        case 1064, 1149:
            return failure(
                .statementRefused, "\(target) cannot read the statement.",
                "Correct the statement where the server says; one statement is taken at a time.")
        case 1044, 1142, 1143, 1227, 1345, 1370:
            return failure(
                .statementRefused, "The login may not do what the statement asks of \(target).",
                "Let the server's administrator run GRANT SELECT ON … TO this user, or ask for something else.")
        case 1295:
            return failure(
                .statementRefused, "\(target) does not prepare such a statement.",
                "Send a statement that reads, such as SELECT.")
        case _ where !isOfStatement(errno):
            return SourceFailure(
                .query, .serverClosed, "\(target) ended the connection.", hint: "Send the statement again.",
                server: said)
        default:
            return failure(
                .statementRefused, "\(target) refused the statement with error \(errno).",
                "Read what the server said, and correct the statement.")
        }
    }

    /// Whether a refusal is about a statement, and not about the connection or its end.
    static func isOfStatement(_ errno: UInt16) -> Bool {
        ![1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1317, 1927, 4031].contains(errno)
    }

    /// A statement that was not executed.
    static func notExecuted(_ unwanted: MySQLWireError.Unwanted, target: String) -> SourceFailure {
        let what =
            switch unwanted {
            case .withoutRows: "gives no rows"
            case .tableMaintenance: "maintains tables"
            }
        return SourceFailure(
            .query, .statementWithoutRows, "By \(target)'s own description the statement \(what); it was not run.",
            hint: readingHint)
    }

    private static let readingHint =
        "Send a statement that only reads, such as SELECT; what some SHOW and EXPLAIN tell is in information_schema."
}
