import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Asks the operating system by `getaddrinfo`, one thread a name. Callers who want the same name wait for the same
/// answer, and no caller waits for another name: a hung name service holds up only those who asked it.
package final class SystemResolver: Resolver {
    /// Names looked up at a time, at most: `getaddrinfo` cannot be stopped, a thread lives until the system gives up.
    private let bound: Int
    private let lookUp: @Sendable (String) -> Result<[IPAddress], ResolveFailure>
    private let waiting = Mutex<[String: [UInt64: Waiter]]>([:])
    private let tickets = Atomic<UInt64>(0)

    private typealias Answer = Result<[IPAddress], ResolveFailure>
    private typealias Waiter = CheckedContinuation<Answer, Never>

    /// - Parameters:
    ///   - bound: names looked up at a time, at most.
    ///   - lookUp: the blocking call, which runs on a thread of its own.
    package init(
        bound: Int = 128,
        lookUp: @escaping @Sendable (String) -> Result<[IPAddress], ResolveFailure> = SystemResolver.ask
    ) {
        self.bound = bound
        self.lookUp = lookUp
    }

    package func addresses(of host: String) async throws(ResolveFailure) -> [IPAddress] {
        let name = host.lowercased()
        let ticket = tickets.wrappingAdd(1, ordering: .relaxed).newValue
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                enqueue(waiter, ticket: ticket, name: name)
            }
        } onCancel: {
            leave(ticket: ticket, name: name)
        }
        return try answer.get()
    }

    private enum Admission { case started, joined, busy, cancelled }

    private func enqueue(_ waiter: Waiter, ticket: UInt64, name: String) {
        let admission = waiting.withLock { names -> Admission in
            if Task.isCancelled { return .cancelled }
            if names[name] != nil {
                names[name]?[ticket] = waiter
                return .joined
            }
            guard names.count < bound else { return .busy }
            names[name] = [ticket: waiter]
            return .started
        }
        switch admission {
        case .joined: break
        case .busy: waiter.resume(returning: .failure(.busy))
        case .cancelled: waiter.resume(returning: .failure(.cancelled))
        case .started:
            Thread.detachNewThread { [self] in
                let answer = lookUp(name)
                let waiters = waiting.withLock { $0.removeValue(forKey: name) }
                for waiter in (waiters ?? [:]).values { waiter.resume(returning: answer) }
            }
        }
    }

    /// The name stays in the table, empty, as long as its thread runs.
    private func leave(ticket: UInt64, name: String) {
        let waiter = waiting.withLock { $0[name]?.removeValue(forKey: ticket) }
        waiter?.resume(returning: .failure(.cancelled))
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
