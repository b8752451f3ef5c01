/// A range of addresses in CIDR notation (RFC 4632, RFC 4291).
package struct AddressBlock: Sendable, Hashable, CustomStringConvertible {
    package let base: IPAddress
    /// Leading bits that an address must share with `base`.
    package let length: Int

    /// - Parameter length: 0 to 32 for IPv4, 0 to 128 for IPv6; nil for others, and where `base` has bits beyond it.
    package init?(base: IPAddress, length: Int) {
        let bytes = base.bytes
        guard (0...bytes.count * 8).contains(length) else { return nil }
        for (index, byte) in bytes.enumerated() where byte & ~AddressBlock.mask(length, at: index) != 0 { return nil }
        self.base = base
        self.length = length
    }

    /// Reads `10.0.0.0/8`, `fd00::/8` or a single address.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let base = IPAddress(String(first)) else { return nil }
        guard parts.count == 2 else {
            self.init(base: base, length: base.bytes.count * 8)
            return
        }
        guard parts[1].allSatisfy(\.isNumber), let length = Int(parts[1]) else { return nil }
        self.init(base: base, length: length)
    }

    /// Whether the address lies in the range; addresses of the other family never do.
    package func contains(_ address: IPAddress) -> Bool {
        guard address.isV6 == base.isV6 else { return false }
        return zip(base.bytes, address.bytes).enumerated().allSatisfy { index, pair in
            pair.0 == pair.1 & AddressBlock.mask(length, at: index)
        }
    }

    private static func mask(_ length: Int, at index: Int) -> UInt8 {
        let bits = min(max(length - index * 8, 0), 8)
        return UInt8(truncatingIfNeeded: 0xFF00 >> bits)
    }

    package var description: String { "\(base)/\(length)" }
}
