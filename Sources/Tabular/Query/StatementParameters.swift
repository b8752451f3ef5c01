import GRDBSQLite
import SourceModel

/// Binds a statement's parameters as values.
enum StatementParameters {
    /// - Throws: `parameters_mismatch`.
    static func bind(_ parameters: [StatementParameter], to statement: OpaquePointer) throws(SourceFailure) {
        let wanted = Int(sqlite3_bind_parameter_count(statement))
        guard wanted == parameters.count else {
            throw SourceFailure(
                .query, .parametersMismatch,
                "The statement has \(wanted) placeholders and \(parameters.count) parameters were sent.",
                hint: "Send one entry of parameters for each placeholder, in their order.")
        }
        for (index, parameter) in parameters.enumerated() {
            let place = CInt(index + 1)
            let code =
                switch parameter {
                case .null: sqlite3_bind_null(statement, place)
                case .flag(let flag): sqlite3_bind_int(statement, place, flag ? 1 : 0)
                case .number(let digits): bind(number: digits, to: statement, at: place)
                case .text(let text): bind(text: text, to: statement, at: place)
                }
            guard code == SQLITE_OK else {
                throw SourceFailure(
                    .query, .parametersMismatch, "Parameter \(index + 1) is too long.", hint: "Shorten the parameter.")
            }
        }
    }

    /// A whole number of 64 bits as one, a number that a double holds as a double, any other as its digits.
    private static func bind(number digits: String, to statement: OpaquePointer, at place: CInt) -> CInt {
        if let whole = Int64(digits) { return sqlite3_bind_int64(statement, place, whole) }
        let isWhole = !digits.contains { ".eE".contains($0) }
        if !isWhole, let value = Double(digits), value.isFinite { return sqlite3_bind_double(statement, place, value) }
        return bind(text: digits, to: statement, at: place)
    }

    private static func bind(text: String, to statement: OpaquePointer, at place: CInt) -> CInt {
        var text = text
        return text.withUTF8 { bytes in
            // SQLite copies the bytes: SQLITE_TRANSIENT, a macro that Swift does not import, is the address -1.
            let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            guard let base = bytes.baseAddress else { return sqlite3_bind_text(statement, place, "", 0, copies) }
            return base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                sqlite3_bind_text(statement, place, $0, CInt(clamping: bytes.count), copies)
            }
        }
    }
}
