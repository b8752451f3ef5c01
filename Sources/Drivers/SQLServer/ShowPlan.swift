/// What the server says that a batch would do, in the plan that it makes for it without running it (`SET SHOWPLAN_XML`,
/// schema "showplanxml").
struct ShowPlan: Equatable, Sendable {
    /// The kinds of the batch's statements, those inside of procedures included, such as `SELECT` and `INSERT`.
    let statementTypes: [String]

    /// Reads the plans that a batch gave, an XML document each.
    init(_ plans: [String]) {
        statementTypes = plans.flatMap { plan in
            plan.split(separator: " StatementType=\"").dropFirst().map { part in String(part.prefix { $0 != "\"" }) }
        }
    }

    /// The kinds that change nothing: queries, and what sets variables. The statements inside of a condition are named
    /// besides it.
    private static let harmless: Set = [
        "SELECT", "SELECT WITHOUT QUERY", "ASSIGN", "ASSIGN WITH QUERY", "DECLARE", "COND", "COND WITH QUERY",
    ]

    /// The first kind of statement that is more than a query; nil where there is none.
    var offence: String? { statementTypes.first { !Self.harmless.contains($0) } }

    /// Whether the server has said anything about the batch.
    var isKnown: Bool { !statementTypes.isEmpty }
}
