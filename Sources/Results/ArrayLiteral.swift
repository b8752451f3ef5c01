import NIOCore

/// PostgreSQL's array literals ("Arrays", section 8.15.6 of its manual) as JSON arrays.
enum ArrayLiteral {
    /// Arrays within arrays; PostgreSQL has six.
    private static let maximumDepth = 16

    /// What may come next: after a brace or a separator an element, after an element none.
    private enum Place { case start, opened, separated, ended }

    /// Writes `{1,NULL,"a \"b\""}` as `[1,null,"a \"b\""]`. Bounds before the braces, as in `[0:1]={1,2}`, are left out.
    ///
    /// - Returns: false where the bytes are no such literal; then what was written is to be thrown away.
    static func write(
        _ bytes: UnsafeRawBufferPointer, elements: CellForm, separator: UInt8, to encoder: inout RowEncoder
    ) -> Bool {
        var index = 0
        if bytes.first == UInt8(ascii: "[") {
            guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")) else { return false }
            index = equals + 1
        }
        var depth = 0
        var place = Place.start
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "{") where place != .ended:
                depth += 1
                guard depth <= maximumDepth else { return false }
                encoder.output.writeStaticString("[")
                place = .opened
                index += 1
            case UInt8(ascii: "}") where place == .opened || place == .ended:
                depth -= 1
                encoder.output.writeStaticString("]")
                place = .ended
                index += 1
                if depth == 0 { return index == bytes.count }
            case separator where place == .ended:
                encoder.output.writeStaticString(",")
                place = .separated
                index += 1
            case UInt8(ascii: "\"") where place == .opened || place == .separated:
                guard let (element, next) = quoted(bytes, from: index + 1) else { return false }
                element.withUnsafeBytes { encoder.writeJSON($0, as: elements) }
                index = next
                place = .ended
            default:
                guard place == .opened || place == .separated else { return false }
                let end = bytes[index...].firstIndex { $0 == separator || $0 == UInt8(ascii: "}") } ?? bytes.count
                guard end > index else { return false }
                let element = UnsafeRawBufferPointer(rebasing: bytes[index..<end])
                if element.elementsEqual("NULL".utf8) {
                    encoder.output.writeStaticString("null")
                } else {
                    encoder.writeJSON(element, as: elements)
                }
                index = end
                place = .ended
            }
        }
        return false
    }

    /// What stands between quotes, without its backslashes, and where it goes on.
    private static func quoted(_ bytes: UnsafeRawBufferPointer, from start: Int) -> ([UInt8], Int)? {
        var element: [UInt8] = []
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""): return (element, index + 1)
            case UInt8(ascii: "\\"):
                guard index + 1 < bytes.count else { return nil }
                element.append(bytes[index + 1])
                index += 2
            case let byte:
                element.append(byte)
                index += 1
            }
        }
        return nil
    }
}
