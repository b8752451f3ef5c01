import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Asks the operating system by `getaddrinfo`, one thread a name.
package final class SystemResolver: Resolver {
    private let lookUps: BlockingLookUps<[IPAddress]>

    /// - Parameters:
    ///   - bound: names looked up at a time, at most.
    ///   - lookUp: the blocking call, which runs on a thread of its own.
    package init(
        bound: Int = 128,
        lookUp: @escaping @Sendable (String) -> Result<[IPAddress], ResolveFailure> = SystemResolver.ask
    ) {
        lookUps = BlockingLookUps(bound: bound, lookUp: lookUp)
    }

    package func addresses(of host: String) async throws(ResolveFailure) -> [IPAddress] {
        try await lookUps.answer(for: host)
    }

    /// The system's answer; blocks.
    package static func ask(_ name: String) -> Result<[IPAddress], ResolveFailure> {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = Int32(SOCK_STREAM)
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0 else { return .failure(code == EAI_NONAME ? .notFound : .noAnswer) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let address = address(of: entry), !addresses.contains(address) { addresses.append(address) }
            next = entry.ai_next
        }
        return addresses.isEmpty ? .failure(.notFound) : .success(addresses)
    }

    /// `sockaddr_in` has its address after family and port, `sockaddr_in6` after these and the flow label.
    private static func address(of entry: addrinfo) -> IPAddress? {
        guard let raw = UnsafeRawPointer(entry.ai_addr) else { return nil }
        return switch entry.ai_family {
        case AF_INET: IPAddress(bytes: UnsafeRawBufferPointer(start: raw + 4, count: 4))
        case AF_INET6: IPAddress(bytes: UnsafeRawBufferPointer(start: raw + 8, count: 16))
        default: nil
        }
    }
}
