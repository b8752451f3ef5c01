import SourceModel

/// How a CSV file is written, all of it known.
package struct CSVDialect: Sendable, Hashable {
    /// An ASCII character between fields.
    package var delimiter: UInt8
    /// Around fields; nil where fields are never quoted.
    package var quote: UInt8?
    package var encoding: TextEncoding
    /// How the file is compressed; everything else is about what it unpacks to.
    package var compression: Compression?
    /// Bytes of the byte order mark at the file's beginning.
    package var markLength: Int
    /// Whether the first row names the columns.
    package var hasHeader: Bool
    /// What stands before a number's fraction.
    package var decimalMark: UInt8

    /// The dialect in a few words, for a report.
    package var summary: String {
        let mark = markLength > 0 ? " with byte order mark" : ""
        let quote = quote.map { "quote \(Self.name($0))" } ?? "no quotes"
        let compression = compression.map { "\($0.rawValue), " } ?? ""
        return "\(compression)\(encoding.displayName)\(mark), delimiter \(Self.name(delimiter)), \(quote), "
            + "\(hasHeader ? "header" : "no header"), decimal \(decimalMark == UInt8(ascii: ",") ? "comma" : "point")"
    }

    private static func name(_ byte: UInt8) -> String {
        byte == UInt8(ascii: "\t") ? "tab" : String(UnicodeScalar(byte))
    }
}
