import Foundation
import SourceModel

/// One pass over a CSV file: its header, how many rows it has, and whether every row can be read (RFC 4180, UTF-8).
struct CSVSurvey {
    private(set) var columns: [String] = []
    /// Rows after the header.
    private(set) var rows = 0

    /// The names of the first columns, for a report.
    var columnList: String {
        let shown = columns.prefix(8).joined(separator: ", ")
        return columns.count > 8 ? shown + ", …" : shown
    }

    /// Reads the file in pieces of 256 KiB; memory does not grow with the file.
    ///
    /// - Throws: `file_not_found` or `file_malformed` with line and column; `deadline_exceeded` when cancelled.
    init(of url: URL, named path: String) throws(SourceFailure) {
        var scanner = CSVScanner()
        do {
            let handle = try FileHandle(forReadingFrom: url)
            defer { try? handle.close() }  // Read only: a failing close loses nothing.
            while let piece = try handle.read(upToCount: 256 << 10), !piece.isEmpty {
                try Task.checkCancellation()
                try piece.withUnsafeBytes { try scanner.feed($0) }
            }
            try scanner.finish()
        } catch let fault as CSVScanner.Fault {
            throw SourceFailure(
                .open, .fileMalformed, "\(path) is not CSV: line \(fault.line), byte \(fault.byte): \(fault.what).",
                hint: fault.hint)
        } catch is CancellationError {
            throw SourceFailure(
                .probe, .deadlineExceeded, "Reading \(path) did not finish in time.", hint: "Raise timeout.")
        } catch {
            throw SourceFailure(
                .open, .fileNotFound, "\(path) cannot be read.",
                hint: "Check that the file is there and that the service may read it.", cause: "\(error)")
        }
        columns = scanner.header
        rows = scanner.records - 1
        guard !columns.isEmpty else {
            throw SourceFailure(
                .open, .fileMalformed, "\(path) is empty: a header line is missing.",
                hint: "Write the columns' names into the first line.")
        }
    }
}

/// A scanner of RFC 4180 that is fed with pieces of a file.
struct CSVScanner {
    /// What cannot be read, and where.
    struct Fault: Error {
        var line: Int
        var byte: Int
        var what: String
        var hint: String
    }

    /// Where the scanner stands inside a record.
    private enum Place {
        /// Before the first byte of a field.
        case start
        /// Inside a field without quotes.
        case bare
        /// Inside quotes.
        case quoted
        /// After a quote inside quotes: the field's end, or the first of two.
        case quote
    }

    /// A column's name may be this long, in bytes.
    private static let nameLimit = 64 << 10
    /// A file may have this many columns, as many as a sheet.
    private static let columnLimit = 16_384
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private(set) var header: [String] = []
    private(set) var records = 0
    private var place = Place.start
    private var field: [UInt8] = []
    private var fields = 0
    private var line = 1
    private var byte = 0
    private var lastWasReturn = false
    private var recordIsEmpty = true
    private var encoding = UTF8Check()
    /// The file's first bytes, as long as they may be a byte order mark; nil from then on.
    private var held: [UInt8]? = []
    /// Where the last quote was opened.
    private var opened = (line: 1, byte: 0)

    /// Takes the next piece.
    mutating func feed(_ piece: UnsafeRawBufferPointer) throws {
        for value in piece {
            if held == nil { try take(value) } else { try begin(value) }
        }
    }

    /// Takes the file's end.
    mutating func finish() throws {
        try release()
        if encoding.isInside { throw notUTF8 }
        if place == .quoted {
            (line, byte) = opened
            throw fault("a quoted field is not closed", "Close the quote, or double it.")
        }
        if !recordIsEmpty || place != .start { try endRecord() }
    }

    /// Leaves out a byte order mark, and nothing that only begins like one.
    private mutating func begin(_ value: UInt8) throws {
        held?.append(value)
        guard let bytes = held, CSVScanner.byteOrderMark.starts(with: bytes) else { return try release() }
        if bytes.count == CSVScanner.byteOrderMark.count { held = nil }
    }

    private mutating func release() throws {
        let bytes = held ?? []
        held = nil
        for value in bytes { try take(value) }
    }

    private mutating func take(_ value: UInt8) throws {
        byte += 1
        guard encoding.take(value) else { throw notUTF8 }
        if value == 0 { throw fault("a NUL byte", "Save the file as UTF-8.") }
        defer { lastWasReturn = value == UInt8(ascii: "\r") }
        if place == .quoted {
            if value == UInt8(ascii: "\"") { place = .quote } else { try keep(value) }
            if value == UInt8(ascii: "\n") { (line, byte) = (line + 1, 0) }
            return
        }
        switch value {
        case UInt8(ascii: "\n") where lastWasReturn:
            byte = 0
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
            if !recordIsEmpty { try endRecord() }
            (line, byte) = (line + 1, 0)
        case UInt8(ascii: ","):
            try endField()
            recordIsEmpty = false
        case UInt8(ascii: "\"") where place == .start:
            place = .quoted
            opened = (line, byte)
            recordIsEmpty = false
        case UInt8(ascii: "\"") where place == .quote:
            try keep(value)
            place = .quoted
        default:
            if place == .quote { throw fault("text after a closing quote", "Double the quotes inside a quoted field.") }
            try keep(value)
            place = .bare
            recordIsEmpty = false
        }
    }

    private mutating func keep(_ value: UInt8) throws {
        guard records == 0 else { return }
        guard field.count < CSVScanner.nameLimit else {
            throw fault(
                "a column's name is longer than \(CSVScanner.nameLimit) bytes",
                "Write the columns' names into the first line.")
        }
        field.append(value)
    }

    private mutating func endField() throws {
        fields += 1
        if records == 0 {
            guard header.count < CSVScanner.columnLimit else {
                throw fault("more than \(CSVScanner.columnLimit) columns", "Split the file.")
            }
            header.append(String(decoding: field, as: UTF8.self))
            field = []
        }
        place = .start
    }

    private mutating func endRecord() throws {
        try endField()
        if records > 0 && fields != header.count {
            throw fault("\(fields) fields where the header has \(header.count)", "Give every line as many fields.")
        }
        records += 1
        fields = 0
        recordIsEmpty = true
    }

    private var notUTF8: Fault { fault("not UTF-8", "Save the file as UTF-8.") }

    private func fault(_ what: String, _ hint: String) -> Fault {
        Fault(line: line, byte: byte, what: what, hint: hint)
    }
}
