/// A statement that the server has read and not run: what it takes and what it gives.
public struct PostgresStatement: Sendable, Equatable {
    /// The types of its parameters, by object id, as given or inferred.
    public let parameterTypes: [UInt32]
    /// What its rows have; empty also for rows without columns.
    public let columns: [PostgresColumn]
    /// Whether it gives rows at all. COPY, SET, DO, transaction commands, data definition and changes without RETURNING
    /// do not.
    public let givesRows: Bool

    /// Its name at the server.
    let name: String
}

extension PostgresConnection {
    /// The one name that is used: a further statement replaces it only once it was deallocated.
    private static let statementName = "wellhead"

    /// Lets the server read one statement without running it, in one round trip. It is known there, as `wellhead`, until
    /// it is deallocated or the session ends; there is one at a time.
    public func prepare(_ sql: String) async throws(PostgresWireError) -> PostgresStatement {
        try Self.check(sql, [])
        guard !Task.isCancelled else { throw .cancelled }
        let name = Self.statementName
        let source = makeSource()
        let columns = try await source.start(
            QueryRequest(
                messages: [.parse(name: name, sql, types: []), .describeStatement(name), .sync], kind: .preparation))
        // The connection is free again when the end has come.
        _ = try await source.next()
        let (parameters, givesRows) = try await source.description()
        return PostgresStatement(parameterTypes: parameters, columns: columns, givesRows: givesRows, name: name)
    }

    /// Runs a prepared statement that gives rows, in one round trip; the values come as text.
    ///
    /// - Parameter rowLimit: the server stops after so many rows; 0 is no limit.
    public func execute(
        _ statement: PostgresStatement, _ parameters: [PostgresParameter], rowLimit: Int32 = 0
    ) async throws(PostgresWireError) -> RowStream {
        guard statement.givesRows else { throw .invalidArgument("The statement gives no rows.") }
        guard parameters.count == statement.parameterTypes.count else {
            throw .invalidArgument(
                "The statement takes \(statement.parameterTypes.count) parameters, not \(parameters.count).")
        }
        guard rowLimit >= 0 else { throw .invalidArgument("The row limit is negative.") }
        try Self.check("", parameters)
        return try await run(
            QueryRequest(
                messages: [
                    .bind(statement: statement.name, parameters, results: .text), .execute(maximumRows: rowLimit),
                    .sync,
                ], kind: .execution(columns: statement.columns.count), columns: statement.columns.map(\.asText)))
    }
}

extension PostgresColumn {
    /// The column with its values as text: a statement's description does not know yet how they will be written.
    fileprivate var asText: PostgresColumn {
        var column = self
        column.format = .text
        return column
    }
}
