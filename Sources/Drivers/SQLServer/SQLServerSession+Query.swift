import Results
import SourceModel
import Synchronization
import TDSWire

extension SQLServerSession {
    func query(_ statement: Statement) async throws(SourceFailure) -> any RowSource {
        let parameters = statement.parameters.enumerated().map { TDSParameter($1, number: $0 + 1) }
        let declarations = parameters.declarations
        if !(try await isPlanned(statement.text, declarations)) {
            try await describe(statement.text, declarations)
        }
        let milliseconds = max(statement.timeout.components.seconds, 0) * 1000 + 1000
        let rows = try await run { () async throws(TDSWireError) in
            try await connection.batch(SQLServerCatalog.begin(milliseconds: min(milliseconds, 86_400_000)))
            return try await connection.execute(statement.text, parameters)
        }
        running.withLock { $0 = rows }
        guard let columns = rows.columns else { throw .withoutRows("SQL Server") }
        return SQLServerRowSource(rows, columns: columns, of: statement, on: self)
    }

    /// Whether the login may see plans. The server says so once a session and not by how it takes a statement: a
    /// statement must not be able to choose the weaker check for itself.
    private func maySeePlans() async throws(SourceFailure) -> Bool {
        if let known = mayPlan.withLock({ $0 }) { return known }
        let rows = try await run { () async throws(TDSWireError) in
            try await connection.batch(SQLServerCatalog.planning)
        }
        let answer = rows.first?.first.map { $0 == "1" } ?? false
        mayPlan.withLock { $0 = answer }
        return answer
    }

    /// Lets the server plan the batch without running it, and refuses what is more than a query.
    ///
    /// - Returns: whether the server has said that it is one; false where the login may not see plans, or the batch has
    ///   none.
    private func isPlanned(_ text: String, _ declarations: String) async throws(SourceFailure) -> Bool {
        guard try await maySeePlans() else { return false }
        isPlanning.withLock { $0 = true }
        let plan: ShowPlan
        do throws(TDSWireError) {
            try await connection.batch(SQLServerCatalog.planningOn)
            let batch = declarations.isEmpty ? text : "DECLARE \(declarations);\n\(text)"
            plan = ShowPlan(try await connection.batch(batch).compactMap { $0.first ?? nil })
        } catch {
            guard case .server(let refusal) = error, refusal.number == SQLServerFailures.permissionDenied else {
                throw meaning.failure(for: error, in: .query)
            }
            throw SQLServerFailures.planRefused(refusal)
        }
        try await stopPlanning()
        if let offence = plan.offence {
            throw SourceFailure(
                .query, .statementWrites,
                "SQL Server says that this statement is more than a query (\(offence)), so it was not run.",
                hint: "Send one statement that only reads; Wellhead changes nothing in a data source.")
        }
        return plan.isKnown
    }

    private func stopPlanning() async throws(SourceFailure) {
        _ = try await run { () async throws(TDSWireError) in try await connection.batch(SQLServerCatalog.planningOff) }
        isPlanning.withLock { $0 = false }
    }

    /// Lets the server say, without running the batch, what its first result has; refuses what has none.
    private func describe(_ text: String, _ declarations: String) async throws(SourceFailure) {
        let rows = try await run { () async throws(TDSWireError) in
            try await connection.rows(
                of: SQLServerCatalog.description,
                [
                    TDSParameter("@p1", .text(text)),
                    TDSParameter("@p2", declarations.isEmpty ? .null : .text(declarations)),
                ])
        }
        guard let first = rows.first else { throw .withoutRows("SQL Server") }
        guard first.count == 3, let number = first[0].flatMap({ Int32($0) }) else { return }
        throw SQLServerFailures.statement(
            TDSServerMessage(
                number: number, state: first[1].flatMap { UInt8($0) } ?? 0, severity: 16, text: first[2] ?? ""))
    }

    /// Runs a call of the wire and tells its refusals in the words for statements.
    private func run<Value>(
        _ call: () async throws(TDSWireError) -> Value
    ) async throws(SourceFailure) -> Value {
        do throws(TDSWireError) {
            return try await call()
        } catch {
            throw meaning.failure(for: error, in: .query)
        }
    }
}

extension TDSParameter {
    /// A value for the placeholder `@p1`, `@p2`, …: a number keeps its digits.
    init(_ parameter: StatementParameter, number: Int) {
        let value: Value =
            switch parameter {
            case .null: .null
            case .flag(let flag): .bit(flag)
            case .number(let digits): Self.value(ofNumber: digits)
            case .text(let text): .text(text)
            }
        self.init("@p\(number)", value)
    }

    /// A whole number as such, where it fits; one with a point as a decimal of its digits, up to 38; any other as a
    /// floating point number or, out of its bounds, as text.
    private static func value(ofNumber digits: String) -> Value {
        if let whole = Int64(digits) { return .integer(whole) }
        let isNegative = digits.hasPrefix("-")
        let parts = digits.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        let scale = parts.count == 2 ? parts[1].count : 0
        if parts.count <= 2, let magnitude = UInt128(parts.joined()), scale <= 38, parts.joined().count <= 38 {
            return .decimal(negative: isNegative, magnitude: magnitude, scale: UInt8(scale))
        }
        if let number = Double(digits), number.isFinite { return .float(number) }
        return .text(digits)
    }
}
