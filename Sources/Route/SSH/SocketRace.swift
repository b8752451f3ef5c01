import NIOCore
import SourceModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Connects to the first of a host's addresses that answers (RFC 8305), on the calling thread, by `poll`.
struct SocketRace {
    /// What a race came to.
    enum Outcome {
        /// A connected descriptor that does not block; the caller owns it.
        case connected(Int32, Endpoint)
        case failed([DialFailures.Attempt])
        case stopped
        /// The process has no descriptors left.
        case exhausted
    }

    private struct Runner {
        var descriptor: Int32
        var address: Endpoint
    }

    var stagger: Duration
    /// Raised when the race is to be looked at again.
    var wake: WakeSignal
    var isStopped: () -> Bool

    func run(_ addresses: [SocketAddress]) -> Outcome {
        var waiting = addresses[...]
        var runners: [Runner] = []
        var attempts: [DialFailures.Attempt] = []
        defer { for runner in runners { SocketPair.close(runner.descriptor) } }
        var nextStart = ContinuousClock.now

        while true {
            if isStopped() { return .stopped }
            if !waiting.isEmpty, runners.isEmpty || ContinuousClock.now >= nextStart, let address = waiting.popFirst() {
                let name = Endpoint(host: address.ipAddress ?? "?", port: address.port ?? 0)
                switch Self.start(address) {
                case .success(let descriptor): runners.append(Runner(descriptor: descriptor, address: name))
                case .failure(let fault) where fault.code == EMFILE || fault.code == ENFILE: return .exhausted
                case .failure(let fault):
                    attempts.append(DialFailures.Attempt(address: name, fault: DialFault(errno: fault.code)))
                    continue
                }
                nextStart = .now + stagger
            }
            if runners.isEmpty, waiting.isEmpty { return .failed(attempts) }

            var polls = [pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0)]
            polls += runners.map { pollfd(fd: $0.descriptor, events: Int16(POLLOUT), revents: 0) }
            let patience = waiting.isEmpty ? -1 : max(1, (nextStart - .now).milliseconds)
            _ = poll(&polls, nfds_t(polls.count), patience)
            if polls[0].revents != 0 { wake.settle() }

            var running: [Runner] = []
            var winner: Runner?
            for (runner, polled) in zip(runners, polls.dropFirst()) {
                guard polled.revents != 0, winner == nil else {
                    running.append(runner)
                    continue
                }
                let code = Self.pendingError(of: runner.descriptor)
                if code == 0 {
                    winner = runner
                } else {
                    SocketPair.close(runner.descriptor)
                    attempts.append(DialFailures.Attempt(address: runner.address, fault: DialFault(errno: code)))
                    nextStart = .now
                }
            }
            runners = running
            if let winner { return .connected(winner.descriptor, winner.address) }
        }
    }

    private struct Fault: Error {
        var code: Int32
    }

    private static func start(_ address: SocketAddress) -> Result<Int32, Fault> {
        let family: Int32
        switch address {
        case .v4: family = AF_INET
        case .v6: family = AF_INET6
        case .unixDomainSocket: return .failure(Fault(code: EAFNOSUPPORT))
        }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { return .failure(Fault(code: errno)) }
        var on: Int32 = 1
        _ = setsockopt(
            descriptor, NIOBSDSocket.OptionLevel.tcp.rawValue, TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        let result = address.withSockAddr { pointer, size in connect(descriptor, pointer, socklen_t(size)) }
        if result == 0 || errno == EINPROGRESS { return .success(descriptor) }
        let code = errno
        SocketPair.close(descriptor)
        return .failure(Fault(code: code))
    }

    private static func pendingError(of descriptor: Int32) -> Int32 {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
    }
}

extension Duration {
    /// Whole milliseconds for `poll`, rounded up, at most an hour.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds < 3600 else { return 3_600_000 }
        return Int32(seconds) * 1000 + Int32((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
