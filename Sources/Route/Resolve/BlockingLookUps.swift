import Foundation
import Synchronization

/// Look-ups that block, one thread a name. Callers who want the same name wait for the same answer, and no caller waits
/// for another name: a hung name service holds up only those who asked it.
final class BlockingLookUps<Found: Sendable>: Sendable {
    typealias Answer = Result<Found, ResolveFailure>

    /// Names looked up at a time, at most: the call cannot be stopped, a thread lives until the system gives up.
    private let bound: Int
    private let lookUp: @Sendable (String) -> Answer
    private let waiting = Mutex<[String: [UInt64: Waiter]]>([:])
    private let tickets = Atomic<UInt64>(0)

    private typealias Waiter = CheckedContinuation<Answer, Never>

    /// - Parameters:
    ///   - bound: names looked up at a time, at most.
    ///   - lookUp: the blocking call, which runs on a thread of its own.
    init(bound: Int, lookUp: @escaping @Sendable (String) -> Answer) {
        self.bound = bound
        self.lookUp = lookUp
    }

    /// The answer for a name, upper and lower case being the same; returns soon after the calling task is cancelled.
    func answer(for host: String) async throws(ResolveFailure) -> Found {
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
}
