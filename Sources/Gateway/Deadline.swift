import SourceModel

/// Runs an operation that must end in time. When time is up the operation's task is cancelled, its unwinding awaited,
/// and the failure tells in which stage the time ran out.
///
/// - Throws: the operation's own failure, or a timeout code of the stage that is open in the journal.
func withDeadline<Value: Sendable>(
    _ deadline: Duration, of source: DataSource, journal: StageJournal, timing: Timing,
    _ operation: @escaping @Sendable () async throws(SourceFailure) -> Value
) async throws(SourceFailure) -> Value {
    let result = await withTaskGroup(of: Ending<Value>.self) { group -> Result<Value, SourceFailure> in
        group.addTask {
            do throws(SourceFailure) {
                return .operation(.success(try await operation()))
            } catch {
                return .operation(.failure(error))
            }
        }
        group.addTask {
            await timing.sleep(deadline)
            return .time(journal.current)
        }
        var expired: Stage??
        for await ending in group {
            switch ending {
            case .operation(let result):
                group.cancelAll()
                // A success at the last moment is a success; a failure after the cancellation is the deadline's.
                if case .failure = result, let expired {
                    return .failure(.deadline(deadline, passedIn: expired, of: source))
                }
                return result
            case .time(let stage):
                expired = .some(stage)
                group.cancelAll()
            }
        }
        return .failure(.deadline(deadline, passedIn: expired ?? nil, of: source))
    }
    return try result.get()
}

/// Which of the two came to its end.
private enum Ending<Value: Sendable>: Sendable {
    case operation(Result<Value, SourceFailure>)
    case time(Stage?)
}

extension SourceFailure {
    /// The failure of a test whose time ran out in this stage.
    static func deadline(_ deadline: Duration, passedIn stage: Stage?, of source: DataSource) -> SourceFailure {
        let limit = "\(deadline.components.seconds) s"
        let target = source.endpoint.map(\.description) ?? source.database ?? "the file"
        let bastion = source.scheme.bastion.map { Endpoint(host: $0.host, port: $0.port).description } ?? target
        switch stage {
        case .resolve:
            return SourceFailure(
                .resolve, .resolveTimeout, "The name server did not answer for \(bastion) within \(limit).",
                hint: "Check the name server of this machine, or set host to an address.")
        case .dial:
            return SourceFailure(
                .dial, .dialTimeout, "\(bastion) did not answer within \(limit).",
                hint: "Check host and port, and that no firewall drops the connection silently.")
        case .sshHandshake, .sshHostKey, .sshAuth, .sshForward:
            return SourceFailure(
                stage ?? .sshHandshake, .sshTimeout,
                "The SSH host \(bastion) accepted the connection and did not finish within \(limit).",
                hint: "Check that sshHost and sshPort lead to an SSH server, and that it reaches \(target).")
        case .probe:
            return SourceFailure(
                .probe, .probeTimeout, "\(target) accepted the login and did not answer a query within \(limit).",
                hint: "Look at the server's load and locks, or raise timeout.")
        case .tls:
            return SourceFailure(
                .tls, .deadlineExceeded, "\(target) did not finish the TLS handshake within \(limit).",
                hint: "Check that port leads to a \(source.driver.displayName) server that offers TLS.")
        case .login, .database:
            return SourceFailure(
                stage ?? .login, .deadlineExceeded,
                "\(target) accepted the connection and did not finish the login within \(limit).",
                hint: "Check that port leads to a \(source.driver.displayName) server.")
        case .schema:
            return SourceFailure(
                .schema, .schemaUnavailable, "\(target) did not tell its tables within \(limit).",
                hint: "Look at the server's load and locks, and ask again.")
        case .validate, .open, .query, nil:
            return SourceFailure(
                stage ?? .validate, .deadlineExceeded, "The test of \(target) did not finish within \(limit).",
                hint: "Raise timeout, or try again when the machine is less busy.")
        }
    }
}
