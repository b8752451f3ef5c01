/// Reads the data types of RFC 4251, section 5, out of bytes that may lie about their lengths.
struct SSHWireReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Sequence<UInt8>) { rest = Array(bytes)[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number() -> UInt32? {
        guard rest.count >= 4 else { return nil }
        defer { rest = rest.dropFirst(4) }
        return rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func string() -> ArraySlice<UInt8>? {
        guard let length = number(), Int(length) <= rest.count else { return nil }
        defer { rest = rest.dropFirst(Int(length)) }
        return rest.prefix(Int(length))
    }

    mutating func text() -> String? { string().flatMap { String(validating: $0, as: UTF8.self) } }

    /// Whether the next bytes are these; they are passed over.
    mutating func begins(with bytes: some Collection<UInt8>) -> Bool {
        guard rest.starts(with: bytes) else { return false }
        rest = rest.dropFirst(bytes.count)
        return true
    }
}

/// The types of keys that SSH knows, as far as they matter here.
enum SSHKeyType {
    /// The types that work as a login's key and as a host's key.
    static let supported = [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
    ]

    /// Why a type cannot be used; nil where it can.
    static func refusal(_ type: String) -> String? {
        if supported.contains(type) { return nil }
        if type == "ssh-dss" { return "a DSA key (ssh-dss), which SSH servers no longer take" }
        if type.hasPrefix("sk-") {
            return "a key of a hardware token (\(type.prefix(40))), which cannot be used without it"
        }
        if type.contains("-cert-") { return "an SSH certificate (\(type.prefix(40))), which is not supported" }
        return "a key of an unknown type"
    }

    /// Whether a blob is a complete public key of the type (RFC 4253, section 6.6; RFC 5656; RFC 8709).
    static func isComplete(_ blob: [UInt8], type: String) -> Bool {
        var reader = SSHWireReader(blob)
        guard reader.text() == type else { return false }
        let isWhole =
            switch type {
            case "ssh-ed25519": reader.string()?.count == 32
            case "ssh-rsa": reader.string()?.isEmpty == false && (reader.string()?.count ?? 0) >= 128
            default:
                reader.text().map { type == "ecdsa-sha2-\($0)" } == true && reader.string()?.first == 4
            }
        return isWhole && reader.isAtEnd
    }
}

/// A line such as `ssh-ed25519 AAAA… comment`.
enum SSHPublicKeyLine {
    /// The key's type where a text looks like such a line, also with options before it.
    static func type(in text: String) -> String? {
        guard let line = text.split(whereSeparator: \.isNewline).first else { return nil }
        let words = line.split(separator: " ")
        for (index, word) in words.enumerated().prefix(8) where index + 1 < words.count {
            if words[index + 1].hasPrefix("AAAA"), isType(word) { return String(word) }
        }
        return nil
    }

    private static func isType(_ word: Substring) -> Bool {
        word.utf8.count <= 64 && (["ssh-", "ecdsa-", "sk-"].contains { word.hasPrefix($0) })
            && word.utf8.allSatisfy { (0x2D...0x7A).contains($0) }
    }
}
