import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An address of the Internet Protocol, without a port and without a zone.
package enum IPAddress: Hashable, Sendable {
    /// The four bytes as one number, the first byte on top.
    case v4(UInt32)
    /// The sixteen bytes as two numbers.
    case v6(high: UInt64, low: UInt64)

    /// Reads a literal as people write it in `host`: dotted IPv4, or IPv6 with or without brackets. Nil for
    /// everything else, which includes zone identifiers and the shortened forms of IPv4 such as `127.1`.
    package init?(_ text: String) {
        var text = text[...]
        if text.hasPrefix("["), text.hasSuffix("]") { text = text.dropFirst().dropLast() }
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, String(text), &four) == 1 {
            self = .v4(UInt32(bigEndian: four.s_addr))
        } else if inet_pton(AF_INET6, String(text), &six) == 1 {
            self.init(bytes: withUnsafeBytes(of: &six) { Array($0) })
        } else {
            return nil
        }
    }

    /// Takes four or sixteen bytes in network order; nil for any other count.
    package init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4:
            self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            let high = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let low = bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            self = .v6(high: high, low: low)
        default: return nil
        }
    }

    /// The address in network order: four or sixteen bytes.
    package var bytes: [UInt8] {
        switch self {
        case .v4(let bits): (0..<4).map { UInt8(truncatingIfNeeded: bits >> (24 - 8 * $0)) }
        case .v6(let high, let low):
            (0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - 8 * $0)) }
                + (0..<8).map { UInt8(truncatingIfNeeded: low >> (56 - 8 * $0)) }
        }
    }

    /// Whether this is an IPv6 address.
    package var isV6: Bool {
        if case .v6 = self { true } else { false }
    }

    /// The IPv4 address that an IPv6 address stands for: mapped (`::ffff:0:0/96`) and compatible (`::/96`) forms,
    /// NAT64 (RFC 6052 and the local prefix of RFC 8215) and 6to4 (RFC 3056). Nil where there is none.
    package var embedded: IPAddress? {
        guard case .v6(let high, let low) = self else { return nil }
        let last = UInt32(truncatingIfNeeded: low)
        switch (high, low >> 32) {
        case (0, 0xFFFF): return .v4(last)
        case (0, 0): return low > 1 ? .v4(last) : nil
        case (0x0064_FF9B_0000_0000, 0): return .v4(last)
        default:
            if high >> 16 == 0x0064_FF9B_0001 { return .v4(last) }
            if high >> 48 == 0x2002 { return .v4(UInt32(truncatingIfNeeded: high >> 16)) }
            return nil
        }
    }

    /// The address with a port, for the socket calls.
    package func socketAddress(port: Int) -> SocketAddress {
        do {
            return try SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: port)
        } catch {
            // The initialiser fails only for another count of bytes than 4 and 16, and `bytes` has one of these.
            preconditionFailure("an address has 4 or 16 bytes")
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// The canonical text (RFC 5952), IPv6 without brackets.
    package var description: String {
        var bytes = bytes
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = inet_ntop(isV6 ? AF_INET6 : AF_INET, &bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
