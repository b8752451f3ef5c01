import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import SourceModel

/// The service's HTTP side: what is asked becomes calls of the gateway, what it answers becomes JSON or XML.
package struct WebAPI: Sendable {
    private let sources: SourceRoutes
    private let queries: QueryRoutes
    private let files: FileRoutes
    private let login: LoginRoute
    private let metrics: MetricsRoute
    private let meter = RequestMeter()
    private let authentication: Authentication
    private let readiness: Readiness
    private let departures: Departures
    private let settings: Settings

    /// Bounds of the web side.
    package struct Settings: Sendable {
        /// Tests and changes that run at one time.
        package var concurrentTests = 256
        /// Passwords that are checked at one time.
        package var concurrentLogins = 2
        /// Uploads that are received at one time.
        package var concurrentUploads = 16
        /// Failed logins that one address, or one user, may have in a minute.
        package var failuresPerMinute = 20
        /// The time that a body may take to arrive; an upload's, within which something of it has to.
        package var bodyTime: Duration = .seconds(30)
        /// The time that a request's head may take, and that a connection may idle.
        package var idleTime: Duration = .seconds(60)
        /// Bytes of a request's head.
        package var headSize = 32 * 1024
        /// What a statement may ask for at most.
        package var queries = QueryLimits()

        package init() {}
    }

    /// - Parameters:
    ///   - files: the service's file directory.
    ///   - doorkeeper: knows tokens and users.
    ///   - readiness: announced by whoever starts the service.
    package init(
        gateway: Gateway, files: FileStore, doorkeeper: any Doorkeeper, logins: SignedLogin, readiness: Readiness,
        settings: Settings = Settings()
    ) {
        let limiter = FailureLimiter(allowed: settings.failuresPerMinute)
        departures = Departures()
        sources = SourceRoutes(
            gateway: gateway, slots: TestSlots(limit: settings.concurrentTests, of: "tests"), departures: departures,
            bodyTime: settings.bodyTime, meter: meter)
        queries = QueryRoutes(
            gateway: gateway, departures: departures, bodyTime: settings.bodyTime, limits: settings.queries)
        self.files = FileRoutes(
            gateway: gateway, files: files, slots: TestSlots(limit: settings.concurrentUploads, of: "uploads"),
            bodyTime: settings.bodyTime)
        login = LoginRoute(
            doorkeeper: doorkeeper, logins: logins, limiter: limiter,
            slots: TestSlots(limit: settings.concurrentLogins, of: "logins"), bodyTime: settings.bodyTime)
        metrics = MetricsRoute(gateway: gateway, meter: meter, started: Date())
        authentication = Authentication(doorkeeper: doorkeeper, logins: logins, limiter: limiter)
        self.readiness = readiness
        self.settings = settings
    }

    /// A router with every endpoint.
    package func makeRouter() -> Router<WebContext> {
        let router = Router(context: WebContext.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: Framing(routes: RouteTable(), meter: meter, now: { .now }))
        let guarded = router.group().add(middleware: authentication)
        for endpoint in Endpoint.allCases {
            let answer: @Sendable (Request, WebContext) async throws -> Response = { request, context in
                try await respond(to: request, as: endpoint, context)
            }
            if endpoint.isOpen {
                router.on(RouterPath(endpoint.path), method: endpoint.method, use: answer)
            } else {
                guarded.on(RouterPath(endpoint.path), method: endpoint.method, use: answer)
            }
        }
        return router
    }

    /// How connections are served: bounded heads, bounded waiting, and callers that leave are noticed.
    package func makeServer() -> HTTPServerBuilder {
        .http1(configuration: channelConfiguration)
    }

    private var channelConfiguration: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            additionalChannelHandlers: [departures.makeHandler()],
            idleTimeout: .nanoseconds(settings.idleTime.nanoseconds),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: settings.headSize, maxHeaderListSize: settings.headSize, maxHeaderFieldCount: 100))
    }

    private func respond(
        to request: Request, as endpoint: Endpoint, _ context: WebContext
    ) async throws -> Response {
        switch endpoint {
        case .createSource: try await sources.create(request, context)
        case .testDraft: try await sources.testDraft(request, context)
        case .listSources: try await sources.list(request, context)
        case .countSources: try await sources.count(request, context)
        case .showSource: try await sources.show(request, context)
        case .updateSource: try await sources.update(request, context)
        case .deleteSource: try await sources.delete(request, context)
        case .testSource: try await sources.test(request, context)
        case .showStatus: try await sources.status(request, context)
        case .showHistory: try await sources.history(request, context)
        case .showSchema: try await queries.schema(request, context)
        case .querySource: try await queries.query(request, context)
        case .listQueries: try queries.list(request, context)
        case .cancelQuery: try queries.cancel(request, context)
        case .uploadFiles: try await files.upload(request, context)
        case .listFiles: try await files.list(request, context)
        case .deleteFile: try await files.delete(request, context)
        case .listDrivers: request.answerFormat.response(DriverCatalog.answer, root: "items")
        case .logIn: try await login.logIn(request, context)
        case .live: request.answerFormat.response(.object([.init("status", .text("live"))]))
        case .ready: try ready(request)
        case .metrics: try await metrics.show(request)
        case .openAPI: OpenAPIDocument.response
        }
    }

    private func ready(_ request: Request) throws -> Response {
        guard readiness.isReady else {
            throw ErrorAnswer(
                .serviceUnavailable, "The service is starting; ask again in a moment.", headers: [.retryAfter: "1"])
        }
        return request.answerFormat.response(.object([.init("status", .text("ready"))]))
    }
}

extension Duration {
    /// Whole nanoseconds, for NIO.
    fileprivate var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
