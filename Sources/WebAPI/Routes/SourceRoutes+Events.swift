import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import SourceModel

extension SourceRoutes {
    /// Events that wait for a caller who reads slowly. A test enters each stage about once, and what is noted in a minute
    /// at most is still fewer.
    private static let waitingEvents = 512

    /// Answers at once and sends each stage when it begins and when it ends, then what the test came to. The test is
    /// given up when the caller leaves.
    func watched(
        _ context: WebContext, _ test: @escaping @Sendable (StageJournal) async throws -> TestEvent
    ) -> Response {
        let body = ResponseBody { writer in
            let (events, sink) = AsyncStream<StageJournal.Event>.makeStream(
                bufferingPolicy: .bufferingNewest(Self.waitingEvents))
            async let outcome = outcome(context, sink, test)
            for await event in events {
                try await writer.write(TestEvent(event).bytes(requestID: context.requestID))
            }
            try await writer.write(await outcome.bytes(requestID: context.requestID))
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream; charset=utf-8", .vary: "Accept",
                // Proxies that know the field hand on each event at once.
                .accelBuffering: "no",
            ], body: body)
    }

    /// Runs the test and tells its stages to the sink, which it closes.
    private func outcome(
        _ context: WebContext, _ sink: AsyncStream<StageJournal.Event>.Continuation,
        _ test: @escaping @Sendable (StageJournal) async throws -> TestEvent
    ) async -> TestEvent {
        let journal = StageJournal(observer: { sink.yield($0) })
        let last: TestEvent
        do {
            last = try await testing(context) { try await test(journal) }
        } catch {
            last = .error(ErrorAnswer(any: error))
        }
        // What was created has no report, whose writing would end the last stage.
        journal.pass()
        sink.finish()
        log(last, context)
        return last
    }

    /// The request's own line was written when its head left; how it ended is told by a second one.
    private func log(_ last: TestEvent, _ context: WebContext) {
        var isServerError = false
        var metadata: Logger.Metadata = [:]
        metadata[.route] = context.endpointPath ?? "none"
        metadata[.caller] = context.caller
        if let failure = last.failure { meter.note(failure) }
        metadata[.stage] = last.failure?.stage.rawValue
        metadata[.code] = last.failure?.code.rawValue
        if case .error(let refusal) = last {
            metadata[.status] = String(refusal.status.code)
            metadata[.cause] = refusal.cause
            isServerError = refusal.status == .internalServerError
        }
        context.logger.log(level: isServerError ? .error : .info, "Watched test ended", metadata: metadata)
    }
}

extension HTTPField.Name {
    /// `X-Accel-Buffering`. The name is a constant that is a valid token, which is all that the initialiser checks.
    fileprivate static let accelBuffering = HTTPField.Name("X-Accel-Buffering")!
}
