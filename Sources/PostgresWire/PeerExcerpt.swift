/// The first bytes that a peer sent, so that a person can be told what answered.
public struct PeerExcerpt: Hashable, Sendable {
    /// The most bytes that are kept.
    public static let limit = 64

    /// The bytes, at most `limit`.
    public let bytes: [UInt8]

    /// Keeps the first `limit` bytes.
    public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes.prefix(Self.limit)) }

    /// A protocol that these bytes begin like.
    public enum Kind: Hashable, Sendable {
        /// A greeting of MySQL or MariaDB, or their refusal of this host.
        case mySQL
        /// An SSH banner.
        case ssh
        /// An HTTP answer.
        case http
        /// A TLS record: the peer wants TLS from the first byte.
        case tls
        /// A greeting of SMTP or FTP.
        case mailOrFile
        /// An answer of Redis.
        case redis
        /// A TDS packet, as SQL Server sends.
        case tds
    }

    /// What the bytes look like, where that can be told.
    public var kind: Kind? {
        if starts("SSH-") { return .ssh }
        if starts("HTTP/") { return .http }
        if starts("220 ") || starts("220-") { return .mailOrFile }
        if starts("-ERR ") || starts("-DENIED") || starts("-NOAUTH") { return .redis }
        guard bytes.count >= 5 else { return nil }
        // A MySQL packet: three bytes of length, the sequence number 0, then protocol 10 or an error.
        if bytes[2] == 0, bytes[3] == 0, bytes[4] == 0x0A || bytes[4] == 0xFF { return .mySQL }
        if (0x14...0x17).contains(bytes[0]), bytes[1] == 3, bytes[2] <= 4 { return .tls }
        if bytes[0] == 0x04, bytes[1] <= 1, bytes[2] < 0x10 { return .tds }
        return nil
    }

    private func starts(_ text: String) -> Bool { bytes.starts(with: text.utf8) }
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
