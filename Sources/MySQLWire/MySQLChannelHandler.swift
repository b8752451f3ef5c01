import NIOCore

/// Drives the state machine on a channel: feeds it, performs its actions, holds the callers' promises.
///
/// All of it happens on the channel's event loop.
final class MySQLChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// What is known once the account is accepted.
    struct Opened: Sendable {
        let greeting: Greeting
        let handler: NIOLoopBound<MySQLChannelHandler>
    }

    /// How a request was answered.
    struct Response: Sendable {
        let columns: [ColumnDefinition]
        let format: RowFormat
        let first: RowFlow.Batch
    }

    /// A result set, from its columns to the last row taken.
    private struct Stream {
        var flow: RowFlow
        var columns: [ColumnDefinition]
        var format: RowFormat
        var reader: EventLoopPromise<RowFlow.Batch>?
    }

    private let upgrade: TLSUpgrade?
    private let authenticating: (@Sendable () -> Void)?
    private let rowBufferSize: Int
    private var machine: ConnectionStateMachine
    private var opening: EventLoopPromise<Opened>?
    private var requests: [Int: EventLoopPromise<Response>] = [:]
    private var streams: [Int: Stream] = [:]
    /// The stream that rows are coming for.
    private var current: Int?
    private var context: ChannelHandlerContext?
    private var isReadHeld = false
    private var unsent = ByteBuffer()
    private var lastID = 0

    init(
        configuration: MySQLConnection.Configuration, opening: EventLoopPromise<Opened>,
        authenticating: (@Sendable () -> Void)?
    ) {
        self.upgrade = configuration.upgrade
        self.authenticating = authenticating
        self.rowBufferSize = configuration.rowBufferSize
        self.machine = ConnectionStateMachine(settings: configuration.settings)
        self.opening = opening
    }

    /// The most bytes of rows that the stream being read ever held, and those held by the codec now.
    var heldBytes: (peakOfRows: Int, codec: Int) {
        (current.flatMap { streams[$0]?.flow.peakBytes } ?? 0, machine.bufferedBytes)
    }

    /// Whether a command is on its way, given up or not.
    var isExecuting: Bool { machine.isExecuting }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if !context.channel.isActive { perform(machine.closed()) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        perform(machine.failed(.connectionClosed))
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        machine.bytesReceived(unwrapInboundIn(data))
        proceed()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        handOver()
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        perform(machine.closed())
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // During the upgrade the upgrade's own future says what failed.
        if isUpgrading { return }
        perform(machine.failed(.transportFailed(error)))
    }

    func read(context: ChannelHandlerContext) {
        if let current, let stream = streams[current], stream.flow.isFull {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    // MARK: The owner's wishes

    /// Asks for something; answers its number.
    func request(_ request: Request, _ promise: EventLoopPromise<Response>) -> Int {
        lastID += 1
        requests[lastID] = promise
        perform(machine.requested(id: lastID, request))
        proceed()
        return lastID
    }

    /// Takes the next rows of a stream.
    func takeRows(of id: Int, _ promise: EventLoopPromise<RowFlow.Batch>) {
        guard var stream = streams[id] else { return promise.fail(MySQLWireError.cancelled) }
        if let batch = stream.flow.take() {
            streams[id] = batch.end == nil ? stream : nil
            promise.succeed(batch)
            readOn()
        } else {
            stream.reader?.fail(MySQLWireError.rowsOutstanding)
            stream.reader = promise
            streams[id] = stream
        }
    }

    /// Nobody wants what comes of the request.
    func abandon(_ id: Int) {
        requests.removeValue(forKey: id)?.fail(MySQLWireError.cancelled)
        streams.removeValue(forKey: id)?.reader?.fail(MySQLWireError.cancelled)
        if current == id { current = nil }
        machine.abandoned(id: id)
        proceed()
        readOn()
    }

    /// Closes, telling the server where it can be told.
    func close() {
        perform(machine.closeRequested())
    }

    /// Gives up opening.
    func cancel() {
        perform(machine.failed(.cancelled))
    }

    // MARK: Performing

    private var isUpgrading = false

    /// Does what the machine wants until it waits, and sends all of it at once.
    private func proceed() {
        while true {
            let action = machine.nextAction()
            if action == .wait { break }
            perform(action)
        }
        flush()
    }

    private func perform(_ action: ConnectionStateMachine.Action) {
        switch action {
        case .wait: break
        case .row(let payload):
            if let current { streams[current]?.flow.rowReceived(payload) }
        case .upgrade(let request):
            machine.encode({ request.write(into: &$0) }, into: &unsent)
            flush()
            startUpgrade()
        case .login(let response):
            authenticating?()
            machine.encode({ response.write(into: &$0) }, into: &unsent)
        case .sendAuthentication(let bytes):
            machine.encode({ $0.writeImmutableBuffer(bytes) }, into: &unsent)
        case .loginAccepted:
            guard let context, let greeting = machine.greeting else { return }
            opening?.succeed(
                Opened(greeting: greeting, handler: NIOLoopBound(self, eventLoop: context.eventLoop)))
            opening = nil
        case .send(let command):
            machine.encode(command, into: &unsent)
        case .rowsBegan(let id, let columns, let format):
            streams[id] = Stream(flow: RowFlow(limit: rowBufferSize), columns: columns, format: format)
            current = id
        case .requestSucceeded(let id, let summary):
            ended(id, .success(summary))
        case .requestFailed(let id, let error):
            ended(id, .failure(error))
        case .quit:
            machine.encode(.quit, into: &unsent)
            flush()
            failEverything(.connectionClosed)
            context?.close(promise: nil)
        case .fail(let error):
            unsent.clear()
            failEverything(error)
            context?.close(promise: nil)
        }
    }

    private func flush() {
        guard unsent.readableBytes > 0, let context else { return }
        let bytes = unsent
        unsent = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func startUpgrade() {
        guard let context, let upgrade else { return perform(machine.failed(.tlsNotSupported)) }
        isUpgrading = true
        upgrade.perform(context.channel).hop(to: context.eventLoop).assumeIsolated().whenComplete { result in
            self.isUpgrading = false
            switch result {
            case .success: self.perform(self.machine.upgradeCompleted())
            case .failure(let error): self.perform(self.machine.failed(.upgradeFailed(error)))
            }
            self.proceed()
        }
    }

    /// Gives rows to those who wait for them, as many as one read of the channel brought.
    private func handOver() {
        guard let current, var stream = streams[current] else { return }
        guard stream.reader != nil || requests[current] != nil, let batch = stream.flow.take() else { return }
        if let promise = requests.removeValue(forKey: current) {
            promise.succeed(Response(columns: stream.columns, format: stream.format, first: batch))
        }
        stream.reader?.succeed(batch)
        stream.reader = nil
        streams[current] = stream
    }

    private func ended(_ id: Int, _ result: Result<CommandSummary, MySQLWireError>) {
        if var stream = streams[id] {
            current = nil
            stream.flow.ended(result)
            streams[id] = stream
            guard stream.reader != nil || requests[id] != nil, let batch = stream.flow.take() else { return readOn() }
            streams[id] = nil
            requests.removeValue(forKey: id)?.succeed(
                Response(columns: stream.columns, format: stream.format, first: batch))
            stream.reader?.succeed(batch)
            return readOn()
        }
        guard let promise = requests.removeValue(forKey: id) else { return }
        switch result {
        case .success:
            promise.succeed(Response(columns: [], format: .text, first: RowFlow.Batch(rows: [], end: result)))
        case .failure(let error):
            promise.fail(error)
        }
    }

    private func failEverything(_ error: MySQLWireError) {
        opening?.fail(error)
        opening = nil
        if let current { ended(current, .failure(error)) }
        let left = requests
        requests = [:]
        for promise in left.values { promise.fail(error) }
    }

    private func readOn() {
        guard isReadHeld, current.flatMap({ streams[$0] })?.flow.isFull != true else { return }
        isReadHeld = false
        context?.read()
    }
}
