import NIOCore

/// Drives the state machine on a channel, and keeps the promise of each request.
final class SFTPChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var machine = SFTPStateMachine()
    private var promises: [UInt32: EventLoopPromise<Reply>] = [:]
    private let opened: EventLoopPromise<Void>
    private var context: ChannelHandlerContext?
    private var failure: SFTPWireError?
    private var isOpen = false

    /// - Parameter opened: told once, when requests can be sent or never will.
    init(opened: EventLoopPromise<Void>) { self.opened = opened }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        guard context.channel.isActive else { return perform(machine.closed(), context) }
        context.writeAndFlush(wrapOutboundOut(Request.hello), promise: nil)
        context.read()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        perform(machine.closed(), context)
        self.context = nil
    }

    /// Sends a request; the future is its answer.
    func ask(_ request: Request, on eventLoop: any EventLoop) -> EventLoopFuture<Reply> {
        let promise = eventLoop.makePromise(of: Reply.self)
        do throws(SFTPWireError) {
            guard let context else { throw failure ?? .connectionClosed }
            let (id, packet) = try machine.ask(request)
            promises[id] = promise
            context.writeAndFlush(wrapOutboundOut(packet), promise: nil)
        } catch {
            promise.fail(error)
        }
        return promise.futureResult
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        perform(machine.received(unwrapInboundIn(data)), context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // What comes is bounded by what was asked for: reading goes on.
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        perform(machine.closed(), context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        perform(machine.closed(), context)
        context.close(promise: nil)
    }

    private func perform(_ actions: [SFTPStateMachine.Action], _ context: ChannelHandlerContext) {
        for action in actions {
            switch action {
            case .becomeReady:
                isOpen = true
                opened.succeed()
            case .answer(let id, let reply): promises.removeValue(forKey: id)?.succeed(reply)
            case .fail(let error):
                failure = error
                let waiting = promises.values
                promises = [:]
                for promise in waiting { promise.fail(error) }
                if !isOpen { opened.fail(error) }
                context.close(promise: nil)
            }
        }
    }
}
