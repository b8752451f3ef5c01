import NIOCore
import NIOPosix
import SourceModel
import Synchronization

/// Connects to the first of a host's addresses that answers (RFC 8305): each attempt has a head start, a failed one
/// starts the next at once, and the losers are closed.
struct Dialer: Sendable {
    /// The head start of an attempt before the next address is tried beside it.
    var stagger: Duration = .milliseconds(250)
    var group: any EventLoopGroup
    /// Waits; a test's returns when it is told to.
    var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// A connection that was made.
    struct Dialled: Sendable {
        /// Holds back what arrives until it is first read from.
        let channel: any Channel
        /// The address that answered.
        let address: Endpoint
        /// Sees what comes of the connection, also before a driver does.
        let witness: StreamWitness
    }

    private enum Outcome: Sendable {
        case connected(Dialled)
        case failed(DialFailures.Attempt)
        case headStartOver
    }

    /// - Parameters:
    ///   - endpoint: what is dialled, by the name that the record has.
    ///   - addresses: in the order in which they are tried; at least one.
    func dial(_ endpoint: Endpoint, addresses: [IPAddress], field: Field) async throws(SourceFailure) -> Dialled {
        let winner = await withTaskGroup(of: Outcome.self, returning: Result<Dialled, SourceFailure>.self) {
            tasks in
            var waiting = addresses[...]
            var running = 0
            var attempts: [DialFailures.Attempt] = []
            var winner: Dialled?

            func startNext() {
                guard let address = waiting.popFirst() else { return }
                running += 1
                tasks.addTask { await attempt(Endpoint(host: address.description, port: endpoint.port), address) }
                if !waiting.isEmpty {
                    tasks.addTask {
                        try? await sleep(stagger)
                        return .headStartOver
                    }
                }
            }

            startNext()
            while let outcome = await tasks.next() {
                switch outcome {
                case .connected(let dialled):
                    running -= 1
                    if winner == nil {
                        winner = dialled
                        tasks.cancelAll()
                    } else {
                        dialled.channel.close(promise: nil)
                    }
                case .failed(let attempt):
                    running -= 1
                    attempts.append(attempt)
                    if winner == nil, !Task.isCancelled { startNext() }
                case .headStartOver:
                    if winner == nil, !Task.isCancelled, running > 0 { startNext() }
                }
                if running == 0, winner == nil { tasks.cancelAll() }
            }
            if let winner {
                guard Task.isCancelled else { return .success(winner) }
                winner.channel.close(promise: nil)
            }
            if Task.isCancelled { return .failure(Dialer.stopped(endpoint, field)) }
            return .failure(DialFailures.failure(of: endpoint, attempts: attempts, field: field))
        }
        return try winner.get()
    }

    /// One address; cancelling the task closes the socket, whatever state it is in.
    private func attempt(_ endpoint: Endpoint, _ address: IPAddress) async -> Outcome {
        let socket = PendingSocket()
        let witness = StreamWitness()
        let bootstrap = ClientBootstrap(group: group)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .connectTimeout(.seconds(90))
            .channelInitializer { channel in
                socket.hold(channel)
                return ArrivalHolder.install(on: channel, witness: witness)
            }
        do {
            let channel = try await withTaskCancellationHandler {
                try await bootstrap.connect(to: address.socketAddress(port: endpoint.port)).get()
            } onCancel: {
                socket.close()
            }
            return .connected(Dialled(channel: channel, address: endpoint, witness: witness))
        } catch {
            return .failed(DialFailures.Attempt(address: endpoint, fault: DialFault(error)))
        }
    }

    static func stopped(_ endpoint: Endpoint, _ field: Field) -> SourceFailure {
        SourceFailure(
            .dial, .dialTimeout, "\(endpoint) did not answer in time.",
            hint: "Check \(field.rawValue), and that no firewall drops the packets.")
    }
}

extension DialFault {
    /// Reads an error of a connection attempt by NIO.
    init(_ error: any Error) {
        switch error {
        case let error as IOError: self.init(errno: error.errnoCode)
        case ChannelError.connectTimeout: self = .timedOut
        case let error as NIOConnectionError:
            self = error.connectionErrors.first.map { DialFault($0.error) } ?? .unreachable
        default: self = .unreachable
        }
    }
}

/// The socket of an attempt, so that it can be closed before it is connected.
private final class PendingSocket: Sendable {
    private enum State {
        case none
        case open(any Channel)
        case closed
    }

    private let state = Mutex(State.none)

    func hold(_ channel: any Channel) {
        let late = state.withLock { state in
            if case .closed = state { return true }
            state = .open(channel)
            return false
        }
        if late { channel.close(promise: nil) }
    }

    func close() {
        let channel = state.withLock { state -> (any Channel)? in
            defer { state = .closed }
            if case .open(let channel) = state { return channel }
            return nil
        }
        channel?.close(promise: nil)
    }
}
