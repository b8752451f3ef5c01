import GRDBSQLite

/// Allows a statement to read the file's tables and nothing else: SQLite asks while it compiles ("Compile-Time Authorization
/// Callbacks" in its manual).
final class StatementGuard {
    /// What a statement wanted that it may not have.
    enum Refusal: Equatable {
        /// It would write.
        case write
        /// It would begin, end or divide a transaction.
        case transaction
        /// Anything else.
        case other
    }

    private let tables: Set<String>
    /// The first refusal since `reset`.
    private(set) var refusal: Refusal?

    init(tables: [String]) { self.tables = Set(tables.map { $0.lowercased() }) }

    private var sawSelect = false

    /// Forgets the last statement.
    func reset() { (refusal, sawSelect) = (nil, false) }

    /// Puts itself in front of a connection, which it has to outlive.
    func stand(before connection: OpaquePointer) {
        sqlite3_set_authorizer(
            connection,
            { context, action, first, second, _, _ in
                guard let context else { return SQLITE_DENY }
                // Retained by the reader for as long as the connection is open.
                return Unmanaged<StatementGuard>.fromOpaque(context).takeUnretainedValue()
                    .judge(action, first, second)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func judge(_ action: CInt, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?) -> CInt {
        switch action {
        case SQLITE_RECURSIVE: return SQLITE_OK
        case SQLITE_SELECT:
            sawSelect = true
            return SQLITE_OK
        case SQLITE_READ:
            let name = Self.text(first)
            if tables.contains(name) || Self.functions.contains(name) { return SQLITE_OK }
            // What is read without a column of it is a common table expression, or one of SQLite's own tables.
            return Self.text(second).isEmpty && !Self.isOwn(name) ? SQLITE_OK : refuse(.other)
        case SQLITE_FUNCTION:
            let name = Self.text(second)
            return Self.forbidden.contains(name) ? refuse(.other) : SQLITE_OK
        case SQLITE_TRANSACTION, SQLITE_SAVEPOINT: return refuse(.transaction)
        case SQLITE_PRAGMA, SQLITE_ATTACH, SQLITE_DETACH: return refuse(.other)
        // A SELECT from a table that SQLite makes up declares it first, as if it changed the schema.
        case SQLITE_UPDATE where sawSelect && Self.text(first) == "sqlite_master": return refuse(.other)
        default: return refuse(.write)
        }
    }

    private func refuse(_ refusal: Refusal) -> CInt {
        if self.refusal == nil { self.refusal = refusal }
        return SQLITE_DENY
    }

    private static func text(_ name: UnsafePointer<CChar>?) -> String {
        name.map { String(cString: $0).lowercased() } ?? ""
    }

    /// Whether a table is SQLite's own.
    private static func isOwn(_ name: String) -> Bool {
        name.hasPrefix("sqlite_") || name.hasPrefix("pragma_")
            || ["dbstat", "bytecode", "tables_used", "fts3tokenize", "fts5vocab"].contains(name)
    }

    /// Functions that read like tables, for the connection to know before the guard stands there.
    static let declared = ["SELECT * FROM json_each('')", "SELECT * FROM json_tree('')"]
    /// Functions that read like tables and reach nothing but their arguments.
    private static let functions: Set<String> = ["json_each", "json_tree"]
    /// Functions that reach beyond the database.
    private static let forbidden: Set<String> = [
        "load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "sqlite_log",
    ]
}
