/// The first bytes that a peer sent, so that a person can be told what answered.
public struct PeerExcerpt: Hashable, Sendable {
    /// The most bytes that are kept.
    public static let limit = 64

    /// The bytes, at most `limit`.
    public let bytes: [UInt8]

    /// Keeps the first `limit` bytes.
    public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes.prefix(Self.limit)) }
}

extension PeerExcerpt: CustomStringConvertible {
    /// The bytes as ASCII text, others as `\x00`.
    public var description: String {
        var text = ""
        for byte in bytes {
            if (0x20..<0x7F).contains(byte), byte != UInt8(ascii: "\\") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.count == 1 ? "\\x0\(digits)" : "\\x\(digits)"
            }
        }
        return text
    }
}
