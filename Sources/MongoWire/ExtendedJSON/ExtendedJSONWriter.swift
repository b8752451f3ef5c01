import Foundation
import NIOCore

/// The forms in which MongoDB's Extended JSON (version 2) is written.
public enum ExtendedJSONForm: Sendable, Hashable {
    /// Every number and date in an object that names its type.
    case canonical
    /// Numbers and dates as JSON readers expect them.
    case relaxed
    /// Relaxed, but an `int64` beyond 53 bits is canonical: readers that know doubles only would round it.
    case exact
}

extension BSONDocument {
    /// The document in Extended JSON.
    public func extendedJSON(_ form: ExtendedJSONForm) -> String {
        var buffer = ByteBuffer()
        _ = bytes.withUnsafeReadableBytes { ExtendedJSONWriter.write(document: $0, form, to: &buffer) }
        return String(buffer: buffer)
    }
}

/// Writes Extended JSON from BSON's bytes, without values in between.
public enum ExtendedJSONWriter {
    /// Writes one checked document.
    ///
    /// - Returns: whether all texts in it were valid UTF-8; what was not stands as U+FFFD.
    @discardableResult
    public static func write(
        document: UnsafeRawBufferPointer, isArray: Bool = false, _ form: ExtendedJSONForm, to buffer: inout ByteBuffer
    ) -> Bool {
        var isValid = true
        buffer.writeStaticString(isArray ? "[" : "{")
        if var walker = try? BSONWalker(document) {
            var isFirst = true
            while let element = try? walker.next() {
                if !isFirst { buffer.writeStaticString(",") }
                isFirst = false
                if !isArray {
                    if !write(string: element.name, to: &buffer) { isValid = false }
                    buffer.writeStaticString(":")
                }
                if !write(element, form, to: &buffer) { isValid = false }
            }
        }
        buffer.writeStaticString(isArray ? "]" : "}")
        return isValid
    }

    /// Writes the value of one element.
    ///
    /// - Returns: whether all texts in it were valid UTF-8.
    @discardableResult
    public static func write(
        _ element: BSONElement, _ form: ExtendedJSONForm, to buffer: inout ByteBuffer
    ) -> Bool {
        let value = element.value
        switch element.type {
        case .string: return write(string: element.text, to: &buffer)
        case .document: return write(document: value, form, to: &buffer)
        case .array: return write(document: value, isArray: true, form, to: &buffer)
        case .boolean: buffer.writeStaticString(value[0] == 1 ? "true" : "false")
        case .null: buffer.writeStaticString("null")
        case .int32:
            wrap(form == .canonical ? "$numberInt" : nil, String(element.int32), &buffer)
        case .int64:
            let number = element.int64
            let isWrapped = form == .canonical || form == .exact && number.magnitude > 1 << 53
            wrap(isWrapped ? "$numberLong" : nil, String(number), &buffer)
        case .double:
            let number = element.double
            wrap(form == .canonical || !number.isFinite ? "$numberDouble" : nil, text(of: number), &buffer)
        case .decimal128: wrap("$numberDecimal", element.decimal128.description, &buffer)
        case .date: write(date: element.int64, form, &buffer)
        case .objectID: wrap("$oid", element.objectID.description, &buffer)
        case .timestamp:
            let (seconds, increment) = (UInt32(bitPattern: value.int32(at: 4)), UInt32(bitPattern: value.int32(at: 0)))
            buffer.writeString("{\"$timestamp\":{\"t\":\(seconds),\"i\":\(increment)}}")
        case .binary: write(binary: value, &buffer)
        case .undefined: buffer.writeStaticString("{\"$undefined\":true}")
        case .minKey: buffer.writeStaticString("{\"$minKey\":1}")
        case .maxKey: buffer.writeStaticString("{\"$maxKey\":1}")
        case .symbol: return wrap(string: element.text, "$symbol", &buffer)
        case .javaScript: return wrap(string: element.text, "$code", &buffer)
        case .regularExpression: return write(regularExpression: value, &buffer)
        case .databasePointer:
            let end = value.count - 12
            buffer.writeStaticString("{\"$dbPointer\":{\"$ref\":")
            let isValid = write(string: UnsafeRawBufferPointer(rebasing: value[4..<(end - 1)]), to: &buffer)
            buffer.writeString(",\"$id\":{\"$oid\":\"\(ObjectID(checked: value[end...]))\"}}}")
            return isValid
        case .javaScriptWithScope:
            let code = Int(value.int32(at: 4)) + 8
            buffer.writeStaticString("{\"$code\":")
            let isValid = write(string: UnsafeRawBufferPointer(rebasing: value[8..<(code - 1)]), to: &buffer)
            buffer.writeStaticString(",\"$scope\":")
            let isScopeValid = write(document: UnsafeRawBufferPointer(rebasing: value[code...]), form, to: &buffer)
            buffer.writeStaticString("}")
            return isValid && isScopeValid
        }
        return true
    }

    /// A double as JSON has numbers, with the fewest digits that give it back; also `NaN`, `Infinity`.
    public static func text(of number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        return number.description
    }

    private static func wrap(_ key: StaticString?, _ text: String, _ buffer: inout ByteBuffer) {
        guard let key else {
            buffer.writeString(text)
            return
        }
        buffer.writeStaticString("{\"")
        buffer.writeStaticString(key)
        buffer.writeString("\":\"\(text)\"}")
    }

    private static func wrap(
        string: UnsafeRawBufferPointer, _ key: StaticString, _ buffer: inout ByteBuffer
    ) -> Bool {
        buffer.writeStaticString("{\"")
        buffer.writeStaticString(key)
        buffer.writeStaticString("\":")
        defer { buffer.writeStaticString("}") }
        return write(string: string, to: &buffer)
    }

    private static func write(date: Int64, _ form: ExtendedJSONForm, _ buffer: inout ByteBuffer) {
        if form != .canonical, date >= 0, let text = DateText.rfc3339(date) {
            buffer.writeString("{\"$date\":\"\(text)\"}")
        } else {
            buffer.writeString("{\"$date\":{\"$numberLong\":\"\(date)\"}}")
        }
    }

    private static func write(binary value: UnsafeRawBufferPointer, _ buffer: inout ByteBuffer) {
        let content = value[(value[4] == 2 ? 9 : 5)...]
        buffer.writeStaticString("{\"$binary\":{\"base64\":\"")
        buffer.writeBytes(Data(content).base64EncodedData())
        buffer.writeString("\",\"subType\":\"\([value[4]].hexadecimal)\"}}")
    }

    private static func write(regularExpression value: UnsafeRawBufferPointer, _ buffer: inout ByteBuffer) -> Bool {
        let zero = value.firstIndex(of: 0) ?? 0
        buffer.writeStaticString("{\"$regularExpression\":{\"pattern\":")
        let isValid = write(string: UnsafeRawBufferPointer(rebasing: value[..<zero]), to: &buffer)
        buffer.writeStaticString(",\"options\":")
        let options = String(String(decoding: value[(zero + 1)..<(value.count - 1)], as: UTF8.self).sorted())
        let areOptionsValid = Array(options.utf8).withUnsafeBytes { write(string: $0, to: &buffer) }
        buffer.writeStaticString("}}")
        return isValid && areOptionsValid
    }

    /// Writes a JSON string.
    private static func write(string bytes: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) -> Bool {
        let isValid = !bytes.contains { $0 >= 0x80 } || String(validating: bytes, as: UTF8.self) != nil
        buffer.writeStaticString("\"")
        if isValid {
            escape(bytes, &buffer)
        } else {
            var repaired = String(decoding: bytes, as: UTF8.self)
            repaired.withUTF8 { escape(UnsafeRawBufferPointer($0), &buffer) }
        }
        buffer.writeStaticString("\"")
        return isValid
    }

    private static func escape(_ bytes: UnsafeRawBufferPointer, _ buffer: inout ByteBuffer) {
        var start = 0
        for index in bytes.indices {
            let byte = bytes[index]
            guard byte < 0x20 || byte == 0x22 || byte == 0x5C else { continue }
            buffer.writeBytes(bytes[start..<index])
            start = index + 1
            switch byte {
            case 0x22: buffer.writeStaticString("\\\"")
            case 0x5C: buffer.writeStaticString("\\\\")
            case 0x0A: buffer.writeStaticString("\\n")
            case 0x0D: buffer.writeStaticString("\\r")
            case 0x09: buffer.writeStaticString("\\t")
            default: buffer.writeString("\\u00" + [byte].hexadecimal)
            }
        }
        buffer.writeBytes(bytes[start...])
    }
}
