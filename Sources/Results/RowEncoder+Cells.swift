import Foundation
import NIOCore

extension RowEncoder {
    /// A cell as a JSON value.
    mutating func writeJSON(_ bytes: UnsafeRawBufferPointer, as form: CellForm) {
        switch form {
        case .number, .float:
            // A peer that sends something else for a number must not break the answer's form.
            if JSONText.isNumber(bytes) { output.writeBytes(bytes) } else { writeText(bytes) }
        case .boolean:
            if let flag = Self.flag(bytes) {
                output.writeStaticString(flag ? "true" : "false")
            } else {
                writeText(bytes)
            }
        case .text: writeText(bytes)
        case .json:
            guard JSONText.isDocument(bytes) else { return writeText(bytes) }
            // Between the values of a document line breaks are blanks; inside its texts there are none.
            if format == .ndjson, bytes.contains(where: { $0 == 0x0A || $0 == 0x0D }) {
                output.writeBytes(bytes.lazy.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
            } else {
                output.writeBytes(bytes)
            }
        case .hexadecimal, .bytes:
            output.writeInteger(UInt8(ascii: "\""))
            output.writeBytes(Self.base64(bytes, isHexadecimal: form == .hexadecimal))
            output.writeInteger(UInt8(ascii: "\""))
        case .timestamp:
            if let text = TimestampText.rfc3339(bytes) {
                text.withUnsafeBytes { writeText($0) }
            } else {
                writeText(bytes)
            }
        case .array(let element, let separator):
            let (end, invalid) = (output.writerIndex, statistics.invalidTexts)
            if !ArrayLiteral.write(bytes, elements: element, separator: separator, to: &self) {
                output.moveWriterIndex(to: end)
                statistics.invalidTexts = invalid
                writeText(bytes)
            }
        }
    }

    /// A cell as a value of CSV.
    mutating func writeCSV(_ bytes: UnsafeRawBufferPointer, as form: CellForm) {
        switch form {
        case .number, .float, .text, .json, .array: writeCSV(bytes)
        case .boolean:
            if let flag = Self.flag(bytes) {
                output.writeStaticString(flag ? "true" : "false")
            } else {
                writeCSV(bytes)
            }
        case .hexadecimal, .bytes:
            let encoded = Self.base64(bytes, isHexadecimal: form == .hexadecimal)
            encoded.withUnsafeBytes { writeCSV($0) }
        case .timestamp:
            if let text = TimestampText.rfc3339(bytes) {
                text.withUnsafeBytes { writeCSV($0) }
            } else {
                writeCSV(bytes)
            }
        }
    }

    /// A value of RFC 4180, in quotes where it needs them; an empty one is in quotes, because NULL is not.
    mutating func writeCSV(_ bytes: UnsafeRawBufferPointer) {
        var needsQuotes = bytes.isEmpty
        var isASCII = true
        for byte in bytes {
            if byte == 0x22 || byte == 0x2C || byte == 0x0A || byte == 0x0D { needsQuotes = true }
            if byte >= 0x80 { isASCII = false }
        }
        if !isASCII, String(validating: bytes, as: UTF8.self) == nil {
            statistics.invalidTexts += 1
            var repaired = String(decoding: bytes, as: UTF8.self)
            repaired.withUTF8 { writeQuoted(UnsafeRawBufferPointer($0)) }
        } else if needsQuotes {
            writeQuoted(bytes)
        } else {
            output.writeBytes(bytes)
        }
    }

    private mutating func writeQuoted(_ bytes: UnsafeRawBufferPointer) {
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: 2 * bytes.count + 2) { target in
            var end = 1
            target[0] = 0x22
            for byte in bytes {
                if byte == 0x22 {
                    target[end] = 0x22
                    end += 1
                }
                target[end] = byte
                end += 1
            }
            target[end] = 0x22
            return end + 1
        }
    }

    private mutating func writeText(_ bytes: UnsafeRawBufferPointer) {
        if !JSONText.write(bytes, to: &output) { statistics.invalidTexts += 1 }
    }

    private static func flag(_ bytes: UnsafeRawBufferPointer) -> Bool? {
        switch (bytes.first, bytes.count) {
        case (UInt8(ascii: "t"), 1), (UInt8(ascii: "t"), 4), (UInt8(ascii: "1"), 1): true
        case (UInt8(ascii: "f"), 1), (UInt8(ascii: "f"), 5), (UInt8(ascii: "0"), 1): false
        default: nil
        }
    }

    /// Base64 (RFC 4648, section 4) of bytes, or of what `\x` and hexadecimal digits say.
    private static func base64(_ bytes: UnsafeRawBufferPointer, isHexadecimal: Bool) -> Data {
        guard isHexadecimal else { return Data(bytes).base64EncodedData() }
        var decoded = Data(capacity: bytes.count / 2)
        var high: UInt8?
        for digit in bytes.dropFirst(2) {
            guard let value = Character(Unicode.Scalar(digit)).hexDigitValue.map(UInt8.init) else { continue }
            if let first = high {
                decoded.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return decoded.base64EncodedData()
    }
}
