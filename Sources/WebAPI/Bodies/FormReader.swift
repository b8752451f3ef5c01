import SourceModel

/// Reads `application/x-www-form-urlencoded` (WHATWG URL, section 5.1), and the JSON object that the product's own
/// example sends under this content type. Query strings are read by it, too.
enum FormReader {
    /// Fields read from a query string or a form are bounded in number.
    static let maximumPairs = 1_000

    static func object(in bytes: [UInt8]) throws(SourceFailure) -> [String: BodyValue] {
        if bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") { return try JSONReader.object(in: bytes) }
        var fields: [String: BodyValue] = [:]
        var options: [String: BodyValue] = [:]
        for (name, text) in try pairs(in: bytes) {
            if let (field, key) = nested(name) {
                guard field == Field.options.rawValue else {
                    throw .body(
                        "The field \(SourceFailure.quoted(name)) is not known.",
                        hint: "Use brackets for options only: options[poolMax]=3.",
                        fields: [FieldComplaint(field: name, code: .unknownField, message: "There is no such field.")])
                }
                guard options.updateValue(.text(text), forKey: key) == nil else { throw .repeated(name) }
                continue
            }
            var value = BodyValue.text(text)
            if name == Field.options.rawValue, text.trimmed.hasPrefix("{") {
                value = .object(try JSONReader.object(in: Array(text.utf8)))
            }
            guard fields.updateValue(value, forKey: name) == nil else { throw .repeated(name) }
        }
        if !options.isEmpty {
            guard fields.updateValue(.object(options), forKey: Field.options.rawValue) == nil else {
                throw .repeated(Field.options.rawValue)
            }
        }
        return fields
    }

    /// The pairs in the order in which they stand, decoded; a name without `=` has an empty value.
    static func pairs(in bytes: some Collection<UInt8>) throws(SourceFailure) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for part in bytes.split(separator: UInt8(ascii: "&")) {
            guard pairs.count < maximumPairs else {
                throw .body("There are more than \(maximumPairs) fields.", hint: "Send each field once.")
            }
            let halves = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            pairs.append((try decoded(halves[0]), halves.count == 2 ? try decoded(halves[1]) : ""))
        }
        return pairs
    }

    private static func decoded(_ bytes: some Collection<UInt8>) throws(SourceFailure) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"): result.append(0x20)
            case UInt8(ascii: "%"):
                guard let high = hexDigit(iterator.next()), let low = hexDigit(iterator.next()) else {
                    throw .body(
                        "A percent sign is not followed by two hexadecimal digits.",
                        hint: "Write a percent sign as %25.")
                }
                result.append(high << 4 | low)
            default: result.append(byte)
            }
        }
        guard let text = String(validating: result, as: UTF8.self) else {
            throw .body("A percent-encoded text is not valid UTF-8.", hint: "Encode texts as UTF-8.")
        }
        return text
    }

    private static func hexDigit(_ byte: UInt8?) -> UInt8? {
        guard let byte, byte < 0x80 else { return nil }
        return Character(UnicodeScalar(byte)).hexDigitValue.map(UInt8.init)
    }

    /// `options[poolMax]` as its two names.
    private static func nested(_ name: String) -> (field: String, key: String)? {
        guard name.hasSuffix("]"), let bracket = name.firstIndex(of: "["), bracket > name.startIndex else { return nil }
        let key = name[name.index(after: bracket)...].dropLast()
        guard !key.isEmpty, !key.contains("["), !key.contains("]") else { return nil }
        return (String(name[..<bracket]), String(key))
    }
}
