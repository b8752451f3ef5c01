import Synchronization

/// What the server has told about the session.
struct SessionFacts: Equatable, Sendable {
    var version: TDSVersionNumber?
    var program = ""
    var database = ""
    /// Bytes of a packet, header included.
    var packetSize = 4096
    /// The transaction that is open; 0 for none.
    var transaction: UInt64 = 0
    /// How often the session was put back to what it was after its login.
    var resets = 0
    /// Whether the password crossed the network in a login that was not encrypted.
    var sentLoginInClear = false
    /// The last error that ended the session, or came while nothing ran.
    var lastError: TDSServerMessage?

    /// Takes a change of the session's environment in.
    mutating func note(_ change: EnvironmentChange) {
        switch change {
        case .database(let name): database = name
        case .packetSize(let size):
            // The protocol has no packets below 512 bytes; a peer that says otherwise is not listened to.
            if (512...PacketHeader.maximumLength).contains(size) { packetSize = size }
        case .transactionBegun(let descriptor): transaction = descriptor
        case .transactionCommitted, .transactionRolledBack: transaction = 0
        case .reset:
            resets += 1
            transaction = 0
        case .language, .collation, .routing, .other: break
        }
    }
}

/// What is known about the session, for readers on any thread.
final class SharedFacts: Sendable {
    private let state = Mutex(SessionFacts())

    var current: SessionFacts { state.withLock { $0 } }

    func update(_ facts: SessionFacts) {
        state.withLock { if $0 != facts { $0 = facts } }
    }
}
