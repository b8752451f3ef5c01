import Foundation
import NIOCore
import SourceModel

/// Writes rows in a result's format, from the bytes of the wire to the bytes of the answer. Holds what was written until
/// it is taken.
package struct RowEncoder: Sendable {
    package let format: ResultFormat
    package let columns: [ResultColumn]
    /// Rows, and the texts among them that were not valid.
    package internal(set) var statistics = ResultStatistics()
    /// All bytes ever written.
    package private(set) var totalBytes = 0

    var output = ByteBuffer()
    /// The next cell's index in its row.
    private var cell = 0
    /// What stands before each value of a row: a separator, in NDJSON with the name.
    private let prefixes: [[UInt8]]
    private let rowStart: [UInt8]
    private let rowEnd: [UInt8]

    package init(format: ResultFormat, columns: [ResultColumn]) {
        self.format = format
        self.columns = columns
        switch format {
        case .json:
            rowStart = Array("[".utf8)
            rowEnd = Array("]".utf8)
            prefixes = columns.indices.map { $0 == 0 ? [] : Array(",".utf8) }
        case .ndjson:
            rowStart = Array("{".utf8)
            rowEnd = Array("}\n".utf8)
            prefixes = columns.uniqueNames.enumerated().map { index, name in
                (index == 0 ? [] : Array(",".utf8)) + JSONText.literal(name) + Array(":".utf8)
            }
        case .csv:
            rowStart = []
            rowEnd = Array("\r\n".utf8)
            prefixes = columns.indices.map { $0 == 0 ? [] : Array(",".utf8) }
        }
    }

    // MARK: The whole

    /// What comes before the first row: in JSON the columns, in CSV the header.
    package mutating func begin() {
        switch format {
        case .json:
            output.writeStaticString("{\"columns\":[")
            for (index, column) in columns.enumerated() {
                if index > 0 { output.writeStaticString(",") }
                output.writeStaticString("{\"name\":")
                output.writeBytes(JSONText.literal(column.name))
                output.writeStaticString(",\"type\":")
                output.writeBytes(JSONText.literal(column.type))
                output.writeStaticString(",\"json\":\"")
                output.writeString(column.jsonType.rawValue)
                output.writeStaticString("\"}")
            }
            output.writeStaticString("],\"rows\":[")
        case .ndjson: break
        case .csv:
            for (index, column) in columns.enumerated() {
                if index > 0 { output.writeStaticString(",") }
                var name = column.name
                name.withUTF8 { writeCSV(UnsafeRawBufferPointer($0)) }
            }
            output.writeBytes(rowEnd)
        }
    }

    /// What comes after the last row: in JSON the statistics.
    ///
    /// - Parameter error: a JSON value; set where the rows ended early.
    package mutating func end(_ elapsed: Duration, error: [UInt8]? = nil) {
        statistics.elapsed = elapsed
        switch format {
        case .json:
            let (seconds, attoseconds) = elapsed.components
            let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
            output.writeString("],\"statistics\":{\"rows\":\(statistics.rows),\"cut\":")
            output.writeString(statistics.cut.map { "\"\($0.rawValue)\"" } ?? "null")
            output.writeString(",\"invalid_texts\":\(statistics.invalidTexts)")
            if statistics.leftOut > 0 { output.writeString(",\"left_out\":\(statistics.leftOut)") }
            output.writeString(",\"elapsed_ms\":\(microseconds / 1000).\(microseconds / 100 % 10)}")
            if let error {
                output.writeStaticString(",\"error\":")
                output.writeBytes(error)
            }
            output.writeStaticString("}\n")
        case .ndjson:
            guard let error else { return }
            output.writeStaticString("{\"error\":")
            output.writeBytes(error)
            output.writeStaticString("}\n")
        case .csv: break
        }
    }

    /// Notes why the result ends before its last row.
    package mutating func cut(_ cut: ResultStatistics.Cut) { statistics.cut = cut }

    /// Notes that a value of the row has no column.
    package mutating func leaveOut() { statistics.leftOut += 1 }

    /// What was written since the last time.
    package mutating func take() -> ByteBuffer {
        let bytes = output
        totalBytes += bytes.readableBytes
        output = ByteBuffer()
        return bytes
    }

    /// Bytes that wait to be taken.
    package var pendingBytes: Int { output.readableBytes }

    // MARK: Rows

    package mutating func beginRow() {
        if format == .json, statistics.rows > 0 { output.writeStaticString(",\n") }
        output.writeBytes(rowStart)
        cell = 0
    }

    package mutating func endRow() {
        output.writeBytes(rowEnd)
        statistics.rows += 1
    }

    /// NULL: `null`, in CSV nothing.
    package mutating func writeNull() {
        writePrefix()
        if format != .csv { output.writeStaticString("null") }
    }

    /// A cell's bytes, read as the form says.
    package mutating func write(_ bytes: UnsafeRawBufferPointer, as form: CellForm) {
        writePrefix()
        if format == .csv { writeCSV(bytes, as: form) } else { writeJSON(bytes, as: form) }
    }

    /// A whole number of at most 53 bits.
    package mutating func write(integer value: Int64) {
        writePrefix()
        output.writeDigits(value)
    }

    /// A number of any size, which JSON readers do not round: a string.
    package mutating func write(exact value: some FixedWidthInteger) {
        writePrefix()
        if format == .csv { return output.writeDigits(value) }
        output.writeInteger(UInt8(ascii: "\""))
        output.writeDigits(value)
        output.writeInteger(UInt8(ascii: "\""))
    }

    /// Counts a text that was not valid UTF-8 inside of a document that a driver wrote itself.
    package mutating func noteInvalidText() { statistics.invalidTexts += 1 }

    private mutating func writePrefix() {
        // A driver that writes more cells than there are columns breaks the format; there is no prefix for them.
        if cell < prefixes.count { output.writeBytes(prefixes[cell]) }
        cell += 1
    }
}

extension ByteBuffer {
    /// Writes a whole number in decimal.
    mutating func writeDigits(_ value: some FixedWidthInteger) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: 24) { buffer in
            var magnitude = UInt64(value.magnitude)
            var start = 24
            repeat {
                start -= 1
                buffer[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
                magnitude /= 10
            } while magnitude > 0
            if value < 0 {
                start -= 1
                buffer[start] = UInt8(ascii: "-")
            }
            let count = 24 - start
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[start..<24]))
            return count
        }
    }
}
