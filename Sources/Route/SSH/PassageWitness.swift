import SourceModel
import Synchronization

/// Knows why the passage behind a channel ended, where the channel itself only sees an end of stream.
package final class PassageWitness: Sendable {
    private struct Testimony {
        var said: [UInt8] = []
        var exitStatus: Int?
        var signal: String?
        var hasDelivered = false
        var isLost = false
    }

    private let bastion: Endpoint
    private let target: Endpoint
    private let passage: Passage
    private let testimony = Mutex(Testimony())

    init(bastion: Endpoint, target: Endpoint, passage: Passage) {
        self.bastion = bastion
        self.target = target
        self.passage = passage
    }

    /// What is known by now; nil where the passage ended as the other side wished, or has not ended.
    /// - Parameter stage: where the driver stands. Refusals of the passage keep `ssh_forward`.
    package func failure(in stage: Stage) -> SourceFailure? {
        let testimony = testimony.withLock { $0 }
        if testimony.isLost { return SSHFailures.lost(bastion, in: stage) }
        guard !testimony.hasDelivered else { return nil }
        switch passage {
        case .forwarded: return nil
        case .relayed: return relayFailure
        case .sftp:
            guard testimony.exitStatus != nil || testimony.signal != nil else { return nil }
            return SSHFailures.sftpUnavailable(bastion, said: said)
        }
    }

    /// What the relay's end means.
    var relayFailure: SourceFailure? {
        let (said, status, signal) = testimony.withLock {
            (LibSSH.plain(String(decoding: $0.said, as: UTF8.self)), $0.exitStatus, $0.signal)
        }
        guard status != 0 || signal != nil else { return nil }
        if status == RelayCommand.notFound || status == 126 {
            return SSHFailures.relayUnavailable(bastion, said: said)
        }
        guard status != nil || signal != nil || !said.isEmpty else { return nil }
        return SSHFailures.relayFailed(bastion, target: target, status: status, said: said)
    }

    /// Keeps the first 2,048 bytes of what the relay says on standard error.
    func hears(_ bytes: UnsafeRawBufferPointer) {
        testimony.withLock { $0.said.append(contentsOf: bytes.prefix(max(0, 2048 - $0.said.count))) }
    }

    func ended(status: Int) { testimony.withLock { $0.exitStatus = status } }
    func ended(signal: String) { testimony.withLock { $0.signal = signal } }
    func delivered() { testimony.withLock { $0.hasDelivered = true } }
    func lost() { testimony.withLock { $0.isLost = true } }

    var said: String { testimony.withLock { String(decoding: $0.said, as: UTF8.self) } }
    /// Whether a program runs at the other end, whose exit status comes after its last byte.
    var isProgram: Bool { passage != .forwarded }
    var hasEnded: Bool { testimony.withLock { $0.exitStatus != nil || $0.signal != nil } }
}
