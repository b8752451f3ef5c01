/// How a file is compressed.
package enum Compression: String, Sendable, Hashable {
    /// RFC 1952: one member or several.
    case gzip
    /// RFC 8878: one frame or several, skippable ones among them.
    case zstd

    /// So many bytes of a file's beginning tell.
    static let magicLength = 4

    /// Told by a file's first bytes, whatever its name is.
    init?(ofBeginning bytes: some Collection<UInt8>) {
        if bytes.starts(with: [0x1F, 0x8B, 0x08]) {
            self = .gzip
        } else if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) || Self.isSkippable(bytes) {
            self = .zstd
        } else {
            return nil
        }
    }

    /// A skippable frame may stand before the first that has content (RFC 8878, section 3.1.2).
    private static func isSkippable(_ bytes: some Collection<UInt8>) -> Bool {
        guard let first = bytes.first, (0x50...0x5F).contains(first) else { return false }
        return bytes.dropFirst().starts(with: [0x2A, 0x4D, 0x18])
    }

    /// What files have after their own extension when they are compressed.
    private static let suffixes = ["gz", "gzip", "zst", "zstd"]

    /// `orders.csv` for `orders.csv.gz`; other names are as they were.
    static func nameWithoutSuffix(_ name: String) -> String {
        guard let dot = name.lastIndex(of: "."), suffixes.contains(name[name.index(after: dot)...].lowercased()) else {
            return name
        }
        return String(name[..<dot])
    }
}
