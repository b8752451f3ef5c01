import Foundation
import NIOConcurrencyHelpers

/// Ports that nobody listens on.
///
/// They lie below the range from which the kernel takes the ports of outgoing connections, so a server that stops and
/// starts again finds its port still free.
package enum FreePort {
    private static let given = NIOLockedValueBox<Set<Int>>([])

    /// A port that is free on 127.0.0.1 and ::1 and that this process does not get again.
    package static func next() throws -> Int {
        for _ in 0..<1000 {
            let candidate = Int.random(in: 10_240..<32_000)
            guard given.withLockedValue({ $0.insert(candidate).inserted }) else { continue }
            if isFree(candidate, family: AF_INET), !hasIPv6 || isFree(candidate, family: AF_INET6) {
                return candidate
            }
        }
        throw TestbedError("No free port was found on the loopback.")
    }

    /// Whether this machine has ::1.
    package static let hasIPv6 = isFree(0, family: AF_INET6)

    /// The loopback addresses of this machine, for a server's list of addresses.
    package static let loopback = hasIPv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"]

    private static func isFree(_ port: Int, family: Int32) -> Bool {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        if family == AF_INET {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            return bound(descriptor, &address)
        }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = in_port_t(port).bigEndian
        address.sin6_addr = in6addr_loopback
        return bound(descriptor, &address)
    }

    private static func bound<Address>(_ descriptor: Int32, _ address: inout Address) -> Bool {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<Address>.size)) == 0
            }
        }
    }
}
