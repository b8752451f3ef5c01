import Logging
import NIOPosix
import SourceModel

@testable import Route

extension Route {
    /// A route to the loopback interface, where `db.test` and what else a test names lives.
    static func loopback(
        _ hosts: [String: [String]] = ["db.test": ["127.0.0.1"]], policy: DestinationPolicy = DestinationPolicy(),
        stagger: Duration = .milliseconds(20)
    ) -> Route {
        Route(
            Route.Configuration(
                resolver: StaticResolver(hosts.mapValues { $0.compactMap { IPAddress($0) } }), policy: policy,
                group: MultiThreadedEventLoopGroup.singleton,
                logger: Logger(label: "route") { _ in SwiftLogNoOpLogHandler() },
                stagger: stagger))
    }
}

extension Route {
    /// A route that knows these services.
    static func serving(_ directory: any ServiceDirectory) -> Route {
        var configuration = Route.Configuration(
            resolver: StaticResolver([:]), policy: DestinationPolicy(), group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "route") { _ in SwiftLogNoOpLogHandler() })
        configuration.directory = directory
        return Route(configuration)
    }
}

extension DataSource {
    /// A data source that is reached directly.
    static func direct(_ host: String, _ port: Int, _ encryption: Encryption = .plain) -> DataSource {
        DataSource(
            driver: .postgres, endpoint: Endpoint(host: host, port: port),
            login: Login(username: "ada", password: nil), database: nil, scheme: .direct(encryption),
            options: SourceOptions())
    }
}
