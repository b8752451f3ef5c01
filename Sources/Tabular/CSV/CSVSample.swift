import Foundation
import SourceModel

/// A file's beginning, from which its dialect is found out.
struct CSVSample {
    /// So many bytes are looked at.
    static let size = 256 << 10
    /// So many rows are looked at.
    private static let rows = 200

    private let bytes: [UInt8]
    /// Whether the file goes on after the bytes.
    private let isCut: Bool

    /// - Parameter bytes: the file's first bytes; `size` of them, or all.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        isCut = bytes.count >= Self.size
    }

    /// The dialect: what was set, and where nothing was, what the bytes show.
    func dialect(_ options: DialectOptions) -> CSVDialect {
        let (encoding, markLength) = encoding(options.encoding)
        let quote: UInt8? =
            switch options.quote {
            case .character(let byte): byte
            case .some(.none): nil
            case nil: UInt8(ascii: "\"")
            }
        var dialect = CSVDialect(
            delimiter: options.delimiter ?? UInt8(ascii: ","), quote: quote, encoding: encoding, markLength: markLength,
            hasHeader: options.header ?? true, decimalMark: options.decimalMark ?? UInt8(ascii: "."))
        if options.delimiter == nil || options.quote == nil { findMarks(options, in: &dialect) }
        let rows = rows(of: dialect)
        if options.decimalMark == nil, dialect.delimiter != UInt8(ascii: ",") {
            dialect.decimalMark = Self.decimalMark(in: rows)
        }
        if options.header == nil { dialect.hasHeader = Self.hasHeader(rows, decimalMark: dialect.decimalMark) }
        return dialect
    }

    // MARK: Encoding

    private static let marks: [(encoding: TextEncoding, bytes: [UInt8])] = [
        (.utf8, [0xEF, 0xBB, 0xBF]), (.utf16LittleEndian, [0xFF, 0xFE]), (.utf16BigEndian, [0xFE, 0xFF]),
    ]

    private func encoding(_ set: TextEncoding?) -> (TextEncoding, markLength: Int) {
        for mark in Self.marks where bytes.starts(with: mark.bytes) && (set == nil || set == mark.encoding) {
            return (mark.encoding, mark.bytes.count)
        }
        if let set { return (set, 0) }
        var decoder = TextDecoder(.utf8)
        let target = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count + 1)
        defer { target.deallocate() }
        let step = bytes.withUnsafeBytes { decoder.decode($0, isLast: !isCut, into: target) }
        return (step.fault == .invalid ? .windows1252 : .utf8, 0)
    }

    // MARK: Delimiter and quote

    private static let delimiters = [
        UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|"),
    ]

    /// Finds the delimiter by which most rows have as many fields as the first, and among those the most fields.
    private func findMarks(_ options: DialectOptions, in dialect: inout CSVDialect) {
        var best: (agreement: Double, fields: Int) = (0, 0)
        for delimiter in options.delimiter.map({ [$0] }) ?? Self.delimiters {
            var candidate = dialect
            candidate.delimiter = delimiter
            if options.quote == nil, isQuotedBySingle(candidate) { candidate.quote = UInt8(ascii: "'") }
            let counts = rows(of: candidate).map(\.count)
            // A file of one column has no delimiter: it is as good as split by the first candidate.
            guard let first = counts.first else { continue }
            let agreement = first > 1 ? Double(counts.count { $0 == first }) / Double(counts.count) : 0
            guard best.fields == 0 || agreement > best.agreement || agreement == best.agreement && first > best.fields
            else { continue }
            best = (agreement, first)
            dialect = candidate
        }
    }

    /// Whether fields are quoted by single quotes: some are, none by double ones, and all is well read that way.
    private func isQuotedBySingle(_ dialect: CSVDialect) -> Bool {
        let (single, double) = (UInt8(ascii: "'"), UInt8(ascii: "\""))
        var (bare, quoted) = (dialect, dialect)
        (bare.quote, quoted.quote) = (nil, single)
        let starts = rows(of: bare).joined().compactMap(\.first)
        guard starts.contains(single), !starts.contains(double) else { return false }
        var isWell = true
        let rows = rows(of: quoted) { isWell = false }
        return isWell && !rows.isEmpty
    }

    // MARK: Rows

    /// The first rows' fields; none that the sample's end or a fault cuts short.
    ///
    /// - Parameter onFault: called at a fault that is not owed to the sample's end.
    private func rows(of dialect: CSVDialect, onFault: () -> Void = {}) -> [[[UInt8]]] {
        var position = dialect.markLength
        let window = TextWindow(dialect.encoding) { target in
            let count = min(target.count, bytes.count - position)
            target.copyBytes(from: bytes[position..<(position + count)])
            position += count
            return count
        }
        var scanner = CSVScanner(window, delimiter: dialect.delimiter, quote: dialect.quote)
        var rows: [[[UInt8]]] = []
        var ended = false
        while rows.count < Self.rows, !ended {
            do {
                ended = try !scanner.next()
            } catch {
                // It is told with its place when the whole file is read.
                if !isCut || rows.count < 2 { onFault() }
                ended = true
            }
            if ended { break }
            rows.append(scanner.fields.indices.map { Array(scanner.bytes($0)) })
        }
        if isCut, ended, rows.count > 1 { rows.removeLast() }
        return rows
    }

    private static func kinds(_ field: [UInt8], _ mark: UInt8) -> FieldKinds {
        field.withUnsafeBytes { FieldKind(of: $0, decimalMark: mark).kinds }
    }

    /// A comma, where fields are decimals with one and none is with a point.
    private static func decimalMark(in rows: [[[UInt8]]]) -> UInt8 {
        var (commas, points) = (0, 0)
        for field in rows.joined() {
            if kinds(field, UInt8(ascii: ",")) == .decimal { commas += 1 }
            if kinds(field, UInt8(ascii: ".")) == .decimal { points += 1 }
        }
        return commas > 0 && points == 0 ? UInt8(ascii: ",") : UInt8(ascii: ".")
    }

    /// Whether the first row names the columns: where a column holds no text but there, it does; otherwise it does not if
    /// it holds anything but text.
    private static func hasHeader(_ rows: [[[UInt8]]], decimalMark: UInt8) -> Bool {
        guard let first = rows.first else { return true }
        let heads = first.map { kinds($0, decimalMark) }
        for (index, head) in heads.enumerated() where head == .text {
            let below = rows.dropFirst().reduce(into: FieldKinds()) { kinds, row in
                if index < row.count { kinds.formUnion(Self.kinds(row[index], decimalMark)) }
            }
            if !below.subtracting(.empty).isEmpty, !below.contains(.text) { return true }
        }
        return heads.allSatisfy { $0 == .text || $0 == .empty } && heads.contains(.text)
    }
}
