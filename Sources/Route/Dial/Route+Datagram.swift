import NIOCore
import NIOPosix
import SourceModel

extension Route {
    /// Asks one question by UDP and waits for one answer: resolves the host by the same policy as for a connection, and
    /// tries each of its addresses up to twice, since a datagram can be lost. Enters the stages resolve and dial.
    ///
    /// - Parameters:
    ///   - wait: for each try.
    ///   - service: what is asked, for messages, such as `the SQL Browser`.
    /// - Returns: the first datagram that comes back from where the question went.
    package func ask(
        _ question: [UInt8], of host: String, port: Int, service: String, wait: Duration = .seconds(1),
        journal: StageJournal
    ) async throws(SourceFailure) -> [UInt8] {
        // More addresses than a name of one server has; the caller's deadline is not for one question alone.
        let addresses = try await resolve(host, as: .dataSource, journal).prefix(2)
        journal.enter(.dial)
        var faults: [DialFault] = []
        for address in addresses {
            for _ in 0..<2 {
                guard !Task.isCancelled else { break }
                switch await answer(to: question, from: address.socketAddress(port: port), within: wait) {
                case .success(let bytes):
                    journal.pass("\(service) at \(Endpoint(host: address.description, port: port)) answered")
                    return bytes
                case .failure(is CancellationError): break
                case .failure(let error): faults.append(DialFault(error))
                }
            }
        }
        let place = Endpoint(host: host, port: port)
        let worst = DialFault.telling(faults) ?? .timedOut
        throw SourceFailure(
            .dial, worst.code,
            "\(service.prefix(1).uppercased() + service.dropFirst()) at \(place) (UDP) "
                + "\(worst == .refused ? "is not there" : worst.words).",
            hint: "Let UDP port \(port) through and the service be started, or set port to the server's own port.")
    }

    private func answer(
        to question: [UInt8], from place: SocketAddress, within wait: Duration
    ) async -> Result<[UInt8], any Error> {
        let loop = configuration.group.next()
        let promise = loop.makePromise(of: [UInt8].self)
        do {
            // Connected, so that only datagrams from there come in.
            let channel = try await DatagramBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(AnswerHandler(promise))
                    }
                }
                .connect(to: place).get()
            let timer = loop.scheduleTask(in: TimeAmount(wait)) { promise.fail(ChannelError.connectTimeout(.zero)) }
            channel.writeAndFlush(AddressedEnvelope(remoteAddress: place, data: ByteBuffer(bytes: question)))
                .cascadeFailure(to: promise)
            let answer = await withTaskCancellationHandler {
                do { return Result<[UInt8], any Error>.success(try await promise.futureResult.get()) } catch {
                    return .failure(error)
                }
            } onCancel: {
                promise.fail(CancellationError())
            }
            timer.cancel()
            try? await channel.close()
            return answer
        } catch {
            promise.fail(error)
            return .failure(error)
        }
    }
}

/// Takes the first datagram; the bootstrap's channel has no other handler.
private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let promise: EventLoopPromise<[UInt8]>

    init(_ promise: EventLoopPromise<[UInt8]>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        promise.succeed(Array(unwrapInboundIn(data).data.readableBytesView))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
}
