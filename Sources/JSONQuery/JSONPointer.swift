/// A place in a document by RFC 6901.
package struct JSONPointer: Sendable, Equatable {
    /// The reference tokens in UTF-8, their escapes resolved.
    private let tokens: [[UInt8]]

    /// - Returns: nil where the text is no pointer: it does not begin with a slash, or a tilde is not followed by 0 or 1.
    package init?(_ text: String) {
        guard text.isEmpty || text.utf8.first == UInt8(ascii: "/") else { return nil }
        var tokens: [[UInt8]] = []
        for part in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst() {
            var token: [UInt8] = []
            var rest = part
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "~") else {
                    token.append(byte)
                    continue
                }
                switch rest.popFirst() {
                case UInt8(ascii: "0"): token.append(UInt8(ascii: "~"))
                case UInt8(ascii: "1"): token.append(UInt8(ascii: "/"))
                default: return nil
                }
            }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    /// The offset of the value that the pointer names below a root; nil where there is none.
    package func place(in document: JSONDocument, from root: Int) -> Int? {
        var place = root
        for token in tokens {
            switch document.kind(at: place) {
            case .object:
                guard let value = document.member(token, of: place) else { return nil }
                place = value
            case .array:
                guard let index = Self.index(token), let element = document.element(index, of: place) else {
                    return nil
                }
                place = element
            case .string, .number, .flag, .null: return nil
            }
        }
        return place
    }

    /// An array index: digits without a leading zero (section 4).
    private static func index(_ token: [UInt8]) -> Int? {
        guard !token.isEmpty, token.allSatisfy({ (0x30...0x39).contains($0) }), token.count == 1 || token[0] != 0x30
        else { return nil }
        return Int(String(decoding: token, as: UTF8.self))
    }
}

extension JSONDocument {
    /// The element of an array by its index from 0.
    func element(_ index: Int, of array: Int) -> Int? {
        var left = index
        for element in elements(of: array) {
            if left == 0 { return element }
            left -= 1
        }
        return nil
    }
}
