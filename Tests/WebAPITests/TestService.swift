import Crypto
import Drivers
import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOPosix
import Registry
import Route
import SourceModel
import Synchronization
import Testing
import Vault

@testable import WebAPI

/// How a test reaches the service: both ways must answer alike.
enum Transport: CaseIterable, Sendable {
    /// The router itself, without a socket.
    case router
    /// A server on a loopback port.
    case live

    var setup: TestingSetup {
        switch self {
        case .router: .router
        case .live: .live
        }
    }
}

/// A whole service on a temporary directory.
struct TestService: Sendable {
    let files: URL
    let doorkeeper = FakeDoorkeeper()
    let readiness = Readiness()

    /// Runs a test against a service of its own, and leaves nothing behind.
    static func run(
        _ transport: Transport, settings: WebAPI.Settings = WebAPI.Settings(), ready: Bool = true,
        uploadLimit: Int = 1 << 30,
        _ body: @Sendable (any TestClientProtocol, TestService) async throws -> Void
    ) async throws {
        let home = FileManager.default.temporaryDirectory.appending(
            path: "wellhead-web-\(UUID().uuidString)", directoryHint: .isDirectory)
        let service = TestService(files: home.appending(path: "files", directoryHint: .isDirectory))
        try FileManager.default.createDirectory(at: service.files, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: home) }
        let gateway = try await makeGateway(home: home, files: service.files)
        let web = WebAPI(
            gateway: gateway, files: FileStore(directory: service.files, sizeLimit: uploadLimit),
            doorkeeper: service.doorkeeper,
            logins: await SignedLogin(key: SymmetricKey(size: .bits256)), readiness: service.readiness,
            settings: settings)
        if ready { service.readiness.announce() }
        let application = Application(
            router: web.makeRouter(), server: web.makeServer(), services: [gateway], logger: quiet)
        try await application.test(transport.setup) { client in try await body(client, service) }
    }

    /// A gateway on a registry and files of its own.
    private static func makeGateway(home: URL, files: URL) async throws -> Gateway {
        let route = Route(
            Route.Configuration(
                resolver: SystemResolver(), policy: DestinationPolicy(),
                group: MultiThreadedEventLoopGroup.singleton, logger: quiet))
        let registry = try Registry.open(home, vault: Vault(key: MasterKey.make()))
        let cache = home.appending(path: "cache", directoryHint: .isDirectory)
        let gateway = Gateway(
            drivers: Drivers(route: route, files: files, cache: cache), registry: registry, logger: quiet)
        try await gateway.start()
        return gateway
    }

    static var quiet: Logger {
        var logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        logger.logLevel = .critical
        return logger
    }

    /// Puts a file where the `csv` driver finds it.
    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: files.appending(path: name))
    }
}

/// Knows one token and one user.
final class FakeDoorkeeper: Doorkeeper {
    private let users = Mutex(["ada": "right"])

    func remove(_ user: String) { users.withLock { $0[user] = nil } }

    func holder(ofToken token: Secret) async throws -> String? { token == Secret("admin-token") ? "admin" : nil }

    func user(named name: String, password: Secret) async throws -> String? {
        users.withLock { $0[name] }.flatMap { Secret($0) == password ? name : nil }
    }

    func passwordDate(ofUser name: String) async throws -> Date? {
        users.withLock { $0[name] == nil ? nil : Date(timeIntervalSince1970: 0) }
    }
}

extension TestClientProtocol {
    /// Sends `METHOD /path` with the admin's token, or another authorization.
    func call(
        _ call: String, _ headers: HTTPFields = [:], body: String? = nil, authorization: String? = "Bearer admin-token"
    ) async throws -> TestResponse {
        let parts = call.split(separator: " ", maxSplits: 1).map(String.init)
        var headers = headers
        headers[.authorization] = authorization
        return try await executeRequest(
            uri: parts[1], method: try #require(HTTPRequest.Method(parts[0])), headers: headers,
            body: body.map { ByteBuffer(string: $0) })
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }

    /// The body as a JSON object.
    var object: [String: Any] {
        get throws { try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]) }
    }
}
