import Drivers
import Foundation
import Gateway
import Logging
import NIOPosix
import Route
import SourceModel
import Synchronization
import WebAPI

/// A test without a service: this program goes the same way that a service would, from this machine.
enum LocalTest {
    /// Runs the test and hands on its events as a service would send them.
    ///
    /// - Parameter seconds: the whole test's time.
    /// - Throws: `CommandFailure` where the fields cannot be taken.
    static func run(
        _ body: [String: JSONValue], seconds: Int, to sink: (ServiceEvent) throws -> Void
    ) async throws {
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
        let (events, continuation) = AsyncStream.makeStream(of: ServiceEvent.self)
        let journal = StageJournal(observer: { event in continuation.yield(ServiceEvent(event)) })
        async let end = test(body, seconds, drivers, folder, logger, journal, continuation)
        for await event in events { try sink(event) }
        try sink(try await end)
    }

    private static func test(
        _ body: [String: JSONValue], _ seconds: Int, _ drivers: Drivers, _ folder: URL, _ logger: Logger,
        _ journal: StageJournal, _ continuation: AsyncStream<ServiceEvent>.Continuation
    ) async throws -> ServiceEvent {
        defer { continuation.finish() }
        let house = try House.open(folder, environment: [:])
        let gateway = Gateway(drivers: drivers, registry: house.registry, logger: logger)
        do {
            let draft = try DataSourceDraft(body: body.mapValues(\.bodyValue))
            let outcome = try await gateway.test(draft, deadline: .seconds(seconds), journal: journal)
            return ServiceEvent(name: "report", data: try JSONValue(outcome.answer))
        } catch let error as GatewayError {
            guard case .invalid(let failure) = error else { throw CommandFailure("\(error)") }
            throw CommandFailure("\(failure.message) \(failure.hint)")
        } catch let failure as SourceFailure {
            throw CommandFailure("\(failure.message) \(failure.hint)")
        }
    }
}

extension ServiceEvent {
    fileprivate init(_ event: StageJournal.Event) {
        switch event {
        case .entered(let stage): self.init(name: "began", data: .object(["stage": .text(stage.rawValue)]))
        case .ended(let entry): self.init(name: "ended", data: (try? JSONValue(entry.answer)) ?? .null)
        case .warned(let warning): self.init(name: "warned", data: (try? JSONValue(warning.answer)) ?? .null)
        }
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
