import Drivers
import Foundation
import Gateway
import Logging
import NIOPosix
import Route
import SourceModel
import UnixSignals
import WebAPI

/// A test without a service: this program goes the same way that a service would, from this machine.
enum LocalTest {
    /// Runs the test and hands on its events as a service would send them. SIGINT and SIGTERM end it as a failure does:
    /// nothing is left behind.
    ///
    /// - Parameter seconds: the whole test's time.
    /// - Throws: `CommandFailure` where the fields cannot be taken, or a signal came.
    static func run(
        _ body: [String: JSONValue], seconds: Int, to sink: (ServiceEvent) throws -> Void
    ) async throws {
        // Trapped before there is anything that a signal could leave behind.
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "wellhead-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        // Everything in it is for this test alone.
        defer { try? FileManager.default.removeItem(at: folder) }
        let logger = Logger(label: "wellhead") { _ in SwiftLogNoOpLogHandler() }
        let route = Route(
            Route.Configuration(
                resolver: SystemResolver(), policy: DestinationPolicy(), group: MultiThreadedEventLoopGroup.singleton,
                logger: logger))
        let here = URL(filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
        let drivers = Drivers(route: route, files: here, cache: folder.appending(path: "cache"))
        let (events, continuation) = AsyncThrowingStream.makeStream(of: ServiceEvent.self)
        async let _: Void = end(continuation, at: signals)
        let journal = StageJournal(observer: { event in
            continuation.yield(with: Result { try ServiceEvent(TestEvent(event)) })
        })
        async let end = test(body, seconds, drivers, folder, logger, journal, continuation)
        for try await event in events { try sink(event) }
        try sink(try await end)
    }

    /// Ends the events at the first signal; what waits for them cancels the test then.
    private static func end(
        _ events: AsyncThrowingStream<ServiceEvent, any Error>.Continuation, at signals: UnixSignalsSequence
    ) async {
        for await signal in signals {
            events.finish(throwing: CommandFailure.interrupted(by: signal == .sigint ? SIGINT : SIGTERM))
        }
    }

    private static func test(
        _ body: [String: JSONValue], _ seconds: Int, _ drivers: Drivers, _ folder: URL, _ logger: Logger,
        _ journal: StageJournal, _ continuation: AsyncThrowingStream<ServiceEvent, any Error>.Continuation
    ) async throws -> ServiceEvent {
        defer { continuation.finish() }
        let house = try House.open(folder, environment: [:])
        let gateway = Gateway(drivers: drivers, registry: house.registry, logger: logger)
        do {
            let draft = try DataSourceDraft(body: body.mapValues(\.bodyValue))
            let outcome = try await gateway.test(draft, deadline: .seconds(seconds), journal: journal)
            return try ServiceEvent(.report(outcome))
        } catch let error as GatewayError {
            guard case .invalid(let failure) = error else { throw CommandFailure("\(error)") }
            throw CommandFailure("\(failure.message) \(failure.hint)")
        } catch let failure as SourceFailure {
            throw CommandFailure("\(failure.message) \(failure.hint)")
        }
    }
}

extension ServiceEvent {
    /// An event as it would have come from a service.
    fileprivate init(_ event: TestEvent) throws {
        self.init(name: event.name, data: try JSONValue(event.answer(requestID: "local")))
    }
}

extension JSONValue {
    /// An answer as a client reads it.
    fileprivate init(_ node: AnswerNode) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: Data(JSONWriter.bytes(of: node)))
    }

    /// The value as a body carries it.
    fileprivate var bodyValue: BodyValue {
        switch self {
        case .null: .null
        case .flag(let flag): .flag(flag)
        case .whole(let number): .number(String(number))
        case .number(let number): .number(String(number))
        case .text(let text): .text(text)
        case .list(let list): .array(list.map(\.bodyValue))
        case .object(let fields): .object(fields.mapValues(\.bodyValue))
        }
    }
}
