import Foundation
import NIOConcurrencyHelpers
import NIOCore
import Route
import SFTPWire
import SourceModel

/// A file at an SSH host, read by SFTP over the session that the host's tunnels share. One call at a time.
final class SFTPFile: RemoteFile {
    /// An open session, and who knows what its errors mean.
    private struct Way: Sendable {
        let connection: SFTPConnection
        let routed: RoutedChannel
    }

    private struct State {
        var way: Way?
        /// Whether no session is wanted any more.
        var isClosed = false
    }

    private let source: DataSource
    private let route: Route
    private let path: String
    private let host: String
    private let state = NIOLockedValueBox(State())
    private let seen = NIOLockedValueBox(FileSighting())

    init(_ source: DataSource, route: Route) {
        (self.source, self.route) = (source, route)
        path = source.database ?? ""
        host = source.scheme.bastion.map { Endpoint(host: $0.host, port: $0.port).description } ?? ""
    }

    var sighting: FileSighting { seen.withLockedValue { $0 } }

    func look(_ journal: StageJournal) async throws(SourceFailure) -> RemoteVersion {
        let attributes = try await talking(journal) { (connection) throws(SFTPWireError) in
            try await connection.attributes(of: self.path)
        }
        guard attributes.kind == nil || attributes.kind == .regular else {
            throw SourceFailure(
                .open, .fileForbidden, "\(path) at \(host) is not a regular file.",
                hint: "Set database to the path of a file.")
        }
        let version = RemoteVersion(attributes)
        journal.note(version.size.map { "\($0) bytes" } ?? path)
        return version
    }

    func fetch(
        into sink: (ByteBuffer) async throws(SourceFailure) -> Void
    ) async throws(SourceFailure) -> RemoteVersion {
        let way = try await open(StageJournal())
        do throws(SFTPConnection.ReadFailure<SourceFailure>) {
            let file = try await SFTPFile.reading { () throws(SFTPWireError) in
                try await way.connection.open(self.path)
            }
            try await way.connection.read(file, into: sink)
            let now = try await SFTPFile.reading { () throws(SFTPWireError) in
                try await way.connection.close(file)
                return try await way.connection.attributes(of: self.path)
            }
            // Half of one content and half of another is nobody's file.
            guard now.size == file.attributes.size, now.modified == file.attributes.modified else {
                throw .sink(
                    SourceFailure(
                        .open, .fileMalformed, "\(path) at \(host) changes while it is read.",
                        hint: "Write the file under another name there, and rename it when it is complete."))
            }
            return RemoteVersion(now)
        } catch {
            switch error {
            case .wire(let error): throw await failure(error, of: way)
            case .sink(let failure):
                await leave()
                throw failure
            }
        }
    }

    func close() async {
        state.withLockedValue { $0.isClosed = true }
        await leave()
    }

    // MARK: The session

    /// Ends the session; the next call opens another one.
    private func leave() async {
        let way = state.withLockedValue { state in
            defer { state.way = nil }
            return state.way
        }
        await way?.connection.close()
    }

    private static func reading<Value: Sendable>(
        _ body: () async throws(SFTPWireError) -> Value
    ) async throws(SFTPConnection.ReadFailure<SourceFailure>) -> Value {
        do throws(SFTPWireError) { return try await body() } catch { throw .wire(error) }
    }

    /// Asks something in the session that is open, or in a new one where that has ended meanwhile.
    private func talking<Value: Sendable>(
        _ journal: StageJournal, _ body: (SFTPConnection) async throws(SFTPWireError) -> Value
    ) async throws(SourceFailure) -> Value {
        if let kept = state.withLockedValue({ $0.way }), kept.connection.channel.isActive {
            journal.enter(.open)
            do throws(SFTPWireError) {
                return try await body(kept.connection)
            } catch {
                guard error == .connectionClosed, !Task.isCancelled else { throw await failure(error, of: kept) }
            }
        }
        await leave()
        let fresh = try await open(journal)
        do throws(SFTPWireError) {
            return try await body(fresh.connection)
        } catch {
            throw await failure(error, of: fresh)
        }
    }

    private func open(_ journal: StageJournal) async throws(SourceFailure) -> Way {
        if let kept = state.withLockedValue({ $0.way }), kept.connection.channel.isActive { return kept }
        let routed = try await route.open(source, journal: journal)
        journal.enter(.open)
        seen.withLockedValue { $0.hostKey = routed.hostKey }
        do throws(SFTPWireError) {
            let fresh = Way(connection: try await SFTPConnection.open(on: routed.channel), routed: routed)
            let isWanted = state.withLockedValue { state in
                if !state.isClosed { state.way = fresh }
                return !state.isClosed
            }
            guard isWanted else {
                await fresh.connection.close()
                throw SFTPWireError.cancelled
            }
            return fresh
        } catch {
            throw meaning(of: error, routed)
        }
    }

    // MARK: Failures

    /// What an error means; a session that cannot be used any more is closed.
    private func failure(_ error: SFTPWireError, of way: Way) async -> SourceFailure {
        if case .refused = error {} else { await leave() }
        return meaning(of: error, way.routed)
    }

    private func meaning(of error: SFTPWireError, _ routed: RoutedChannel) -> SourceFailure {
        switch error {
        case .refused(let status): return refusal(status)
        case .notSFTP(let text):
            return SourceFailure(
                .sshForward, .sshRelayUnavailable, "SFTP at \(host) is spoilt by a text that comes before it.",
                hint: "Let the login's shell start files print nothing where there is no terminal.",
                server: ServerWords(code: "sftp", text: text))
        case .unsupportedVersion(let version):
            return SourceFailure(
                .sshForward, .sshRelayUnavailable, "\(host) speaks version \(version) of SFTP only, not version 3.",
                hint: "Use an SFTP server that speaks version 3, as OpenSSH's does.")
        case .protocolViolation(let text):
            return SourceFailure(
                .open, .fileMalformed, "\(host) breaks the rules of SFTP.",
                hint: "Use an SFTP server that speaks version 3, as OpenSSH's does.",
                server: ServerWords(code: "sftp", text: text))
        case .packetTooLarge(let size, _):
            return SourceFailure(
                .open, .fileMalformed, "\(host) breaks the rules of SFTP: it sends a packet of \(size) bytes.",
                hint: "Use an SFTP server that speaks version 3, as OpenSSH's does.")
        case .connectionClosed:
            return routed.failure(for: ChannelError.eof, in: .open)
                ?? SourceFailure(
                    .open, .connectionReset, "\(host) ended the SFTP session.",
                    hint: "Look into the SSH server's log.")
        case .cancelled:
            return SourceFailure(
                .open, .deadlineExceeded, "\(host) did not give \(path) in time.",
                hint: "Raise timeout, or try again.")
        }
    }

    private func refusal(_ status: Status) -> SourceFailure {
        let said = ServerWords(code: String(status.code.rawValue), text: status.message)
        switch status.code {
        case .noSuchFile:
            return SourceFailure(
                .open, .fileNotFound, "There is no file \(path) at \(host).",
                hint: "Set database to the file's path there; without a leading slash it begins at the home of "
                    + "sshUsername.", server: said)
        case .permissionDenied:
            return SourceFailure(
                .open, .fileForbidden, "The file \(path) at \(host) may not be read by this login.",
                hint: "Let the user that sshUsername names read the file.", server: said)
        default:
            return SourceFailure(
                .open, .fileForbidden, "\(host) does not give out the file \(path).",
                hint: "Look at what the server said, and into its log.", server: said)
        }
    }
}

extension RemoteVersion {
    fileprivate init(_ attributes: Attributes) {
        self.init(
            size: attributes.size.map { Int(clamping: $0) },
            modified: attributes.modified.map { Date(timeIntervalSince1970: Double($0)) })
    }
}
