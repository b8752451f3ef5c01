import SourceModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What an attempt to connect came to where it failed.
package enum DialFault: Sendable, Equatable {
    case refused
    case unreachable
    case reset
    case timedOut
    /// Another error of the operating system, by number.
    case other(Int32)

    /// Reads an error number of `connect` or of a connected socket.
    package init(errno code: Int32) {
        switch code {
        case ECONNREFUSED: self = .refused
        case ENETUNREACH, EHOSTUNREACH, EHOSTDOWN, ENETDOWN, EADDRNOTAVAIL, EAFNOSUPPORT, EACCES, EPERM:
            self = .unreachable
        case ECONNRESET, ECONNABORTED, EPIPE: self = .reset
        case ETIMEDOUT: self = .timedOut
        default: self = .other(code)
        }
    }

    /// The code that reports carry.
    package var code: FailureCode {
        switch self {
        case .refused: .connectionRefused
        case .unreachable, .other: .hostUnreachable
        case .reset: .connectionReset
        case .timedOut: .dialTimeout
        }
    }

    /// What the address did, to follow its name in a sentence.
    var words: String {
        switch self {
        case .refused: "refused the connection"
        case .unreachable: "cannot be reached from here"
        case .reset: "reset the connection"
        case .timedOut: "did not answer"
        case .other(let code): "failed (\(String(cString: strerror(code))))"
        }
    }

    /// The fault that tells most; nil where there is none.
    static func telling(_ faults: [DialFault]) -> DialFault? { faults.max { $0.weight < $1.weight } }

    /// How much a fault tells: a host that refuses is there, a route that is missing says little.
    private var weight: Int {
        switch self {
        case .refused: 4
        case .reset: 3
        case .timedOut: 2
        case .unreachable: 1
        case .other: 0
        }
    }
}

/// Words the failure of a dial.
package enum DialFailures {
    /// An address that was tried and what it did.
    package struct Attempt: Sendable, Equatable {
        package var address: Endpoint
        package var fault: DialFault

        package init(address: Endpoint, fault: DialFault) {
            self.address = address
            self.fault = fault
        }
    }

    /// The failure of a dial of which every attempt failed. At most four addresses are named.
    /// - Parameters:
    ///   - endpoint: what was dialled, by the name that the record has.
    ///   - attempts: in the order in which they were made.
    ///   - field: the record's field to point at: `host` or `sshHost`.
    package static func failure(of endpoint: Endpoint, attempts: [Attempt], field: Field) -> SourceFailure {
        let worst = DialFault.telling(attempts.map(\.fault)) ?? .unreachable
        let shown = attempts.prefix(4).map { "\($0.address) \($0.fault.words)" }
        let more = attempts.count > shown.count ? ", and \(attempts.count - shown.count) more failed" : ""
        let message =
            attempts.count == 1 && attempts[0].address.host == endpoint.host
            ? "\(endpoint) \(worst.words)."
            : "\(endpoint): \(shown.joined(separator: ", "))\(more)."
        return SourceFailure(.dial, worst.code, message, hint: hint(for: worst, field: field))
    }

    private static func hint(for fault: DialFault, field: Field) -> String {
        let port = field == .sshHost ? Field.sshPort : .port
        return switch fault {
        case .refused: "Check \(field.rawValue) and \(port.rawValue), and that the server is running and listens there."
        case .unreachable, .other: "Check \(field.rawValue), and that a network route leads there from this service."
        case .reset: "Check that \(port.rawValue) is the server's own port, and what stands between."
        case .timedOut: "Check \(field.rawValue) and \(port.rawValue), and that no firewall drops the packets."
        }
    }
}
