import NIOCore

/// A session with an SFTP server (version 3) on a channel that leads to its subsystem; for reading files.
public final class SFTPConnection: Sendable {
    /// A file that is open at the server.
    public struct File: Sendable {
        let handle: ByteBuffer
        /// What the server said of it when it was opened.
        public let attributes: Attributes
    }

    /// The channel below.
    public let channel: any Channel
    private let handler: NIOLoopBound<SFTPChannelHandler>

    private init(channel: any Channel, handler: NIOLoopBound<SFTPChannelHandler>) {
        (self.channel, self.handler) = (channel, handler)
    }

    /// Begins a session on a connected channel of which nothing has been read. If this throws, or its task is cancelled,
    /// the channel is closed.
    public static func open(on channel: any Channel) async throws(SFTPWireError) -> SFTPConnection {
        let handler = try await guarded(channel) {
            try await channel.eventLoop.flatSubmit {
                let opened = channel.eventLoop.makePromise(of: Void.self)
                let handler = SFTPChannelHandler(opened: opened)
                do {
                    try channel.pipeline.syncOperations.addHandler(handler)
                } catch {
                    opened.fail(SFTPWireError.connectionClosed)
                }
                let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
                return opened.futureResult.map { bound }
            }.get()
        }
        return SFTPConnection(channel: channel, handler: handler)
    }

    /// What the server says of the file at a path, links followed. A path without a leading slash begins at the login's
    /// home.
    public func attributes(of path: String) async throws(SFTPWireError) -> Attributes {
        switch try await ask(.stat(path: path)) {
        case .attributes(let attributes): return attributes
        case let other: throw Self.unexpected(other)
        }
    }

    /// Opens a file for reading.
    public func open(_ path: String) async throws(SFTPWireError) -> File {
        guard case .handle(let handle) = try await answered(.open(path: path)) else {
            throw .protocolViolation("The server opens a file without a handle.")
        }
        guard case .attributes(let attributes) = try await answered(.statHandle(handle)) else {
            throw .protocolViolation("The server gives no attributes.")
        }
        return File(handle: handle, attributes: attributes)
    }

    /// Closes an open file.
    public func close(_ file: File) async throws(SFTPWireError) {
        guard case .status(let status) = try await ask(.close(file.handle)), status.code == .ok else {
            throw .protocolViolation("The server does not close a file.")
        }
    }

    /// Bytes that one request asks for.
    private static let chunk: UInt32 = 32 << 10
    /// Requests on their way at one time: 1 MiB, enough for 80 Mbit/s over a way of 100 ms.
    private static let depth = 32

    /// Reads a file from its beginning to its end, in order. No more than 1 MiB is on its way at a time.
    ///
    /// - Parameter sink: takes the next bytes; nothing more is asked for until it returns.
    public func read<Failure: Error>(
        _ file: File, into sink: (ByteBuffer) async throws(Failure) -> Void
    ) async throws(ReadFailure<Failure>) {
        var offset: UInt64 = 0
        var inFlight: [(offset: UInt64, answer: EventLoopFuture<Reply>)] = []
        var next = 0
        while true {
            while inFlight.count - next < Self.depth {
                inFlight.append((offset, send(.read(file.handle, offset: offset, length: Self.chunk))))
                offset += UInt64(Self.chunk)
            }
            let (start, answer) = inFlight[next]
            next += 1
            if next == Self.depth {
                inFlight.removeFirst(next)
                next = 0
            }
            var got: UInt32 = 0
            var reply = try await waited(answer, as: Failure.self)
            while true {
                switch reply {
                case .data(let bytes):
                    guard (1...Int(Self.chunk - got)).contains(bytes.readableBytes) else {
                        throw .wire(.protocolViolation("The server sends another number of bytes than was asked for."))
                    }
                    got += UInt32(bytes.readableBytes)
                    do { try await sink(bytes) } catch { throw .sink(error) }
                case .status(let status) where status.code == .endOfFile:
                    // Those behind it find the end as well; their answers are not waited for.
                    return
                case .status(let status): throw .wire(.refused(status))
                case .handle, .attributes: throw .wire(Self.unexpected(reply))
                }
                if got == Self.chunk { break }
                // A server may give less than was asked for, at the end of the file and elsewhere.
                reply = try await waited(
                    send(.read(file.handle, offset: start + UInt64(got), length: Self.chunk - got)), as: Failure.self)
            }
        }
    }

    /// Why reading ended early.
    public enum ReadFailure<Failure: Error>: Error {
        case wire(SFTPWireError)
        /// Whoever took the bytes wants no more.
        case sink(Failure)
    }

    /// Closes the session.
    public func close() async {
        channel.close(promise: nil)
        // That it was closed already is what was wanted.
        try? await channel.closeFuture.get()
    }

    // MARK: Requests

    private func send(_ request: Request) -> EventLoopFuture<Reply> {
        let eventLoop = channel.eventLoop
        return eventLoop.flatSubmit { [handler] in handler.value.ask(request, on: eventLoop) }
    }

    private func ask(_ request: Request) async throws(SFTPWireError) -> Reply {
        let answer = send(request)
        return try await Self.guarded(channel) { try await answer.get() }
    }

    /// The answer, which may be a refusal.
    private func answered(_ request: Request) async throws(SFTPWireError) -> Reply {
        let reply = try await ask(request)
        if case .status = reply { throw Self.unexpected(reply) }
        return reply
    }

    private func waited<Failure: Error>(
        _ answer: EventLoopFuture<Reply>, as _: Failure.Type
    ) async throws(ReadFailure<Failure>) -> Reply {
        do throws(SFTPWireError) {
            return try await Self.guarded(channel) { try await answer.get() }
        } catch {
            throw .wire(error)
        }
    }

    private static func unexpected(_ reply: Reply) -> SFTPWireError {
        if case .status(let status) = reply, status.code != .ok { return .refused(status) }
        return .protocolViolation("The server gives an answer of another kind.")
    }

    /// Runs something that waits for the channel; a cancelled task closes it.
    private static func guarded<Value: Sendable>(
        _ channel: any Channel, _ body: @Sendable () async throws -> Value
    ) async throws(SFTPWireError) -> Value {
        do {
            return try await withTaskCancellationHandler {
                try Task.checkCancellation()
                return try await body()
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch {
            if Task.isCancelled {
                channel.close(promise: nil)
                throw .cancelled
            }
            throw error as? SFTPWireError ?? .connectionClosed
        }
    }
}
