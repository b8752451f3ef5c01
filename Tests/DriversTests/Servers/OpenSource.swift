import Foundation
import Logging
import NIOPosix
import Route
import SourceModel
import Synchronization
import Testbed

@testable import Drivers

extension Route {
    /// A route to the loopback.
    static var loopback: Route {
        Route(
            Route.Configuration(
                resolver: StaticResolver([:]), policy: DestinationPolicy(),
                group: MultiThreadedEventLoopGroup.singleton,
                logger: Logger(label: "route") { _ in SwiftLogNoOpLogHandler() }))
    }
}

/// A session at a real server, with what its opening has shown.
struct OpenSource {
    let session: any Session
    let report: TestReport

    /// Opens a source as a test does, by the body that a caller would send.
    static func open(
        _ body: JSON, for purpose: OpeningPurpose = .test
    ) async throws -> OpenSource {
        let fields = body.fields.compactMapValues { value -> BodyValue? in
            if let text = value.text { return .text(text) }
            if case .object(let options) = value {
                return .object(options.compactMapValues { $0.text.map { .text($0) } })
            }
            return value.flag.map { .flag($0) }
        }
        let source = try DataSourceDraft(body: fields).validated()
        let journal = StageJournal()
        let drivers = Drivers(
            route: .loopback, files: Workspace.folder, cache: Workspace.makeFolder(for: "cache"))
        let session = try await drivers.open(source, for: purpose, journal: journal)
        return OpenSource(session: session, report: journal.report())
    }

    var warnings: [SourceModel.Warning.Code] { report.warnings.map(\.code) }
}

/// Counts how often something was told.
final class Tally: Sendable {
    private let state = Mutex<[SourceFailure?]>([])

    var told: [SourceFailure?] { state.withLock { $0 } }

    func tell(_ failure: SourceFailure?) { state.withLock { $0.append(failure) } }
}
