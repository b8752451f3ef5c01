import SourceModel

/// The ways in which a server may say back a secret that it was sent: each character as it stands, or escaped as in an
/// address (RFC 3986, section 2.1), in HTML or in JSON (RFC 8259, section 7), in any mixture.
struct SecretSpellings {
    /// For each character of the secret, the bytes that can stand for it.
    private let characters: [[[UInt8]]]

    init(_ secret: String) { characters = secret.unicodeScalars.map(Self.spellings) }

    /// A text in UTF-8 with the mask in place of the secret.
    ///
    /// - Parameter isCut: whether the text goes on behind its end: then what may be the secret's beginning there is hidden
    ///   too.
    func hidden(in text: [UInt8], isCut: Bool) -> [UInt8] {
        guard !characters.isEmpty else { return text }
        var result: [UInt8] = []
        var index = 0
        while index < text.count {
            if let end = end(ofSecretAt: index, in: text, isCut: isCut) {
                result += Secret.mask.utf8
                index = end
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }

    /// Follows all spellings at once: that of one character may be the beginning of another one's.
    private func end(ofSecretAt start: Int, in text: [UInt8], isCut: Bool) -> Int? {
        var places: Set<Int> = [start]
        for spellings in characters {
            var next: Set<Int> = []
            for place in places {
                let rest = text[place...]
                for spelling in spellings {
                    if rest.starts(with: spelling) {
                        next.insert(place + spelling.count)
                    } else if isCut, spelling.starts(with: rest) {
                        return text.count
                    }
                }
            }
            if next.isEmpty { return nil }
            places = next
        }
        return places.max()
    }

    private static func spellings(of scalar: Unicode.Scalar) -> [[UInt8]] {
        let plain = Array(String(scalar).utf8)
        let (decimal, hex) = (String(scalar.value), String(scalar.value, radix: 16))
        let padded = String(repeating: "0", count: max(0, 3 - decimal.count)) + decimal
        let paddedHex = String(repeating: "0", count: max(0, 2 - hex.count)) + hex
        let units = String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }
        var texts = [plain.map(\.percentEncoded).joined(), units.map { "\\u\($0)" }.joined()]
        texts += [decimal, padded].map { "&#\($0);" }
        texts += [hex, paddedHex].flatMap { ["&#x\($0);", "&#x\($0.uppercased());", "&#X\($0.uppercased());"] }
        texts.append(plain.map { $0.percentEncoded.lowercased() }.joined())
        texts.append(units.map { "\\u\($0.uppercased())" }.joined())
        texts += named[scalar] ?? []
        return Set(texts.map { Array($0.utf8) } + [plain]).map(\.self)
    }

    private static let named: [Unicode.Scalar: [String]] = [
        " ": ["+"], "&": ["&amp;"], "<": ["&lt;"], ">": ["&gt;"], "\"": ["&quot;", "\\\""], "'": ["&apos;", "\\'"],
        "\\": ["\\\\"], "/": ["\\/"], "\n": ["\\n"], "\r": ["\\r"], "\t": ["\\t"], "\u{8}": ["\\b"],
        "\u{C}": ["\\f"],
    ]
}
