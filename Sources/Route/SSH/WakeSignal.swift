import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Wakes a thread that waits in `poll`: one end is polled, a byte is written to the other.
final class WakeSignal: Sendable {
    private struct Ends {
        var polled: Int32
        var written: Int32
    }

    private let ends: Mutex<Ends>
    /// The descriptor to poll for reading. Valid until `close()`, which only the polling thread calls.
    let descriptor: Int32

    /// Nil where the process has no descriptors left.
    init?() {
        guard let (near, far) = SocketPair.make() else { return nil }
        descriptor = near
        ends = Mutex(Ends(polled: near, written: far))
    }

    /// Wakes the thread; does nothing once closed. A full pipe is a wake that has not been seen yet.
    func raise() {
        ends.withLock { ends in
            guard ends.written >= 0 else { return }
            var byte: UInt8 = 1
            _ = send(ends.written, &byte, 1, SocketPair.noSignal)
        }
    }

    /// Takes back all wakes so far.
    func settle() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while recv(descriptor, &bytes, bytes.count, 0) == bytes.count {}
    }

    func close() {
        ends.withLock { ends in
            guard ends.written >= 0 else { return }
            SocketPair.close(ends.polled)
            SocketPair.close(ends.written)
            ends = Ends(polled: -1, written: -1)
        }
    }
}

/// Two connected sockets within the process.
enum SocketPair {
    /// `MSG_NOSIGNAL` of Linux, by its value: the importer loses the name in an optimised build.
    static let noSignal: Int32 = 0x4000

    /// Neither end blocks, neither is inherited by child processes. Nil where there are no descriptors left.
    static func make() -> (near: Int32, far: Int32)? {
        var ends: [Int32] = [-1, -1]
        let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        guard socketpair(AF_UNIX, Int32(kind), 0, &ends) == 0 else { return nil }
        return (ends[0], ends[1])
    }

    static func close(_ descriptor: Int32) {
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }
}
