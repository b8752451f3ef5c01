import NIOCore
import PostgresWire
import Results
import SourceModel
import Synchronization

extension PostgresSession {
    func query(_ statement: Statement) async throws(SourceFailure) -> any RowSource {
        _ = try await run { () async throws(PostgresWireError) in
            try await connection.simpleQuery(Self.beginning(timeout: statement.timeout))
        }
        let prepared = try await run { () async throws(PostgresWireError) in
            try await connection.prepare(statement.text)
        }
        // Not the statement's text but what the server says of it decides: without rows it does something.
        guard prepared.givesRows else { throw .withoutRows("PostgreSQL") }
        let parameters = statement.parameters.map(\.postgres)
        guard prepared.parameterTypes.count == parameters.count else {
            throw .parametersMismatch(expected: prepared.parameterTypes.count, sent: parameters.count)
        }
        let types = try await types(of: prepared.columns)
        let stream = try await run { () async throws(PostgresWireError) in
            try await connection.execute(prepared, parameters)
        }
        let rows = PostgresRows(stream, types: types, statement: statement, meaning: meaning)
        running.withLock { $0 = rows }
        return rows
    }

    /// Begins a transaction that reads. The query in it takes a snapshot: from then on PostgreSQL refuses to make the
    /// transaction one that writes ("SET TRANSACTION"). Dates, intervals and numbers are written in one way, whatever
    /// server and role are set to.
    private static func beginning(timeout: Duration) -> String {
        // The server's own limit is the second line; the first is the caller's, which covers the network too.
        let milliseconds = timeout.components.seconds * 1000 + 1000
        return """
            begin read only; set local statement_timeout = \(milliseconds); set local datestyle = iso; \
            set local intervalstyle = iso_8601; set local timezone = 'UTC'; set local extra_float_digits = 1; \
            set local bytea_output = hex; select 1
            """
    }

    func endQuery() async {
        running.withLock { rows in
            defer { rows = nil }
            return rows
        }?.giveUp()
        do {
            if await connection.isQuerying {
                guard let key = connection.backendKey, await canceller(key) else { return await close() }
            }
            // What the statement left behind (locks, prepared statements, settings, temporary tables) goes. Two calls,
            // because DISCARD ALL runs outside of transactions only.
            try await connection.simpleQuery("rollback")
            try await connection.simpleQuery("discard all")
        } catch {
            await close()
        }
    }

    // MARK: Types

    /// The columns' types; those that somebody made are looked up once.
    private func types(of columns: [PostgresColumn]) async throws(SourceFailure) -> [PostgresType] {
        let unknown = columns.filter { column in
            PostgresType(oid: column.typeOID, modifier: column.typeModifier) == nil
                && madeTypes.withLock { $0[TypeKey(column)] } == nil
        }
        if !unknown.isEmpty { try await lookUp(Set(unknown.map { TypeKey($0) })) }
        return columns.map { column in
            PostgresType(oid: column.typeOID, modifier: column.typeModifier)
                ?? madeTypes.withLock { $0[TypeKey(column)] }
                ?? PostgresType(name: "oid \(column.typeOID)", base: column.typeOID, isArray: false)
        }
    }

    private func lookUp(_ keys: Set<TypeKey>) async throws(SourceFailure) {
        let values = keys.map { "(\($0.oid)::oid, \($0.modifier))" }.joined(separator: ", ")
        let rows = try await run { () async throws(PostgresWireError) in
            try await connection.simpleQuery(
                """
                select c.o, c.m, pg_catalog.format_type(c.o, c.m), \
                case when t.typcategory = 'A' then t.typelem when t.typtype = 'd' then t.typbasetype else t.oid end, \
                t.typcategory = 'A', t.typdelim \
                from (values \(values)) as c(o, m) join pg_catalog.pg_type t on t.oid = c.o
                """)
        }
        madeTypes.withLock { types in
            // Somebody who makes types all day long does not fill the memory.
            if types.count > 4096 { types = [:] }
            for row in rows where row.count == 6 {
                guard let oid = row[0].flatMap({ UInt32($0) }), let modifier = row[1].flatMap({ Int32($0) }),
                    let name = row[2], let base = row[3].flatMap({ UInt32($0) })
                else { continue }
                types[TypeKey(oid: oid, modifier: modifier)] = PostgresType(
                    name: name, base: base, isArray: row[4] == "t",
                    separator: row[5]?.utf8.first ?? UInt8(ascii: ","))
            }
        }
    }

    /// Runs a call of the wire and tells its refusals in the words for statements.
    func run<Value>(
        _ call: () async throws(PostgresWireError) -> Value
    ) async throws(SourceFailure) -> Value {
        do throws(PostgresWireError) {
            return try await call()
        } catch {
            throw meaning.failure(ofStatement: error)
        }
    }
}

/// A type with its modifier.
struct TypeKey: Hashable, Sendable {
    var oid: UInt32
    var modifier: Int32

    init(oid: UInt32, modifier: Int32) {
        self.oid = oid
        self.modifier = modifier
    }

    init(_ column: PostgresColumn) { self.init(oid: column.typeOID, modifier: column.typeModifier) }
}

extension StatementParameter {
    /// The value in its text form, of a type that the server infers.
    fileprivate var postgres: PostgresParameter {
        switch self {
        case .null: .null
        case .flag(let flag): .text(flag ? "true" : "false")
        case .number(let digits): .text(digits)
        case .text(let text): .text(text)
        }
    }
}

extension PostgresMeaning {
    /// What an error means to somebody who sent a statement.
    func failure(ofStatement error: PostgresWireError) -> SourceFailure {
        switch error {
        case .server(let refusal) where !refusal.endsSession:
            let said = ServerWords(
                code: refusal.sqlState, text: refusal.message, position: refusal.position,
                hint: refusal.hint ?? refusal.detail)
            switch refusal.sqlState {
            case "25006": return .writes("PostgreSQL", said)
            // Also the server's time limit says so; whoever set the limit knows better.
            case "57014": return .statementCancelled(said)
            default: return .refused("PostgreSQL", said)
            }
        case .invalidArgument(let why):
            return SourceFailure(
                .query, .statementRefused, "The statement cannot be sent: \(why)", hint: "Correct the statement.")
        case .copyNotSupported:
            return .withoutRows("PostgreSQL")
        default:
            return failure(for: error, in: .query)
        }
    }
}
