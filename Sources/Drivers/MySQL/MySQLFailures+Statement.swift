import MySQLWire
import SourceModel

/// What goes wrong with a statement.
extension MySQLFailures {
    /// A refusal of a statement.
    static func statement(errno: UInt16, text: String, source: DataSource) -> SourceFailure {
        let product = source.driver.displayName
        let said = ServerWords(code: String(errno), text: text)
        switch errno {
        case 1792, 1836: return .writes(product, said, hint: readingHint)
        // The option that prevents the statement stands in the text as a value; the errno serves all options.
        case 1290 where text.contains("read-only") || text.contains("read_only"):
            return .writes(product, said, hint: readingHint)
        case 3024, 1969: return .statementTimedOut(product, said)
        case 1317: return .statementCancelled(said)
        case 1210, 1243:
            return SourceFailure(
                .query, .parametersMismatch, "\(product) cannot take the parameters of the statement.",
                hint: "Send in parameters one value for each ? of the statement.", server: said)
        case 1064, 1149:
            return .refused(
                product, said,
                hint: "Correct the statement where the server says; one statement is taken at a time.")
        case 1044, 1142, 1143, 1227, 1345, 1370:
            return .refused(
                product, said,
                hint: "Let the server's administrator run GRANT SELECT ON … TO this user, or ask for something else.")
        case 1295: return .refused(product, said, hint: "Send a statement that reads, such as SELECT.")
        case _ where !isOfStatement(errno):
            return .sessionEnded(.query, source.endpoint.map(\.description) ?? product, said)
        default: return .refused(product, said)
        }
    }

    /// Whether a refusal is about a statement, and not about the connection or its end.
    static func isOfStatement(_ errno: UInt16) -> Bool {
        ![1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1317, 1927, 4031].contains(errno)
    }

    /// A statement that was not executed.
    static func notExecuted(_ unwanted: MySQLWireError.Unwanted, product: String) -> SourceFailure {
        switch unwanted {
        case .withoutRows: .withoutRows(product, hint: readingHint)
        case .tableMaintenance: .withoutRows(product, because: "maintains tables", hint: readingHint)
        }
    }

    private static let readingHint =
        "Send a statement that only reads, such as SELECT; what some SHOW and EXPLAIN tell is in information_schema."
}
