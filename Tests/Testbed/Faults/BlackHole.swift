import Foundation

/// A port whose queue of waiting connections is full: the kernel drops whatever knocks, so a dial there runs into its
/// deadline, as at a firewall that drops.
package final class BlackHole: Sendable {
    /// Its port on 127.0.0.1.
    package let port: Int
    private let descriptors: [Int32]

    /// Opens one, and returns when the queue is full.
    package init() throws {
        port = try FreePort.next()
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var opened = [listener]
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        func call(_ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ descriptor: Int32) -> Int32 {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        guard listener >= 0, call({ bind($0, $1, $2) }, listener) == 0, listen(listener, 0) == 0 else {
            throw TestbedError("No listening socket: \(String(cString: strerror(errno)))")
        }
        // Whoever is not established within the moment that a loopback takes stands before a full queue.
        for _ in 0..<16 {
            let knocker = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_NONBLOCK, 0)
            opened.append(knocker)
            _ = call({ connect($0, $1, $2) }, knocker)
            var poller = pollfd(fd: knocker, events: Int16(POLLOUT), revents: 0)
            if poll(&poller, 1, 100) == 0 {
                descriptors = opened
                return
            }
        }
        opened.forEach { _ = close($0) }
        throw TestbedError("The kernel went on taking connections for a full queue.")
    }

    deinit { descriptors.forEach { _ = close($0) } }
}
