import ArgumentParser
import Configuration
import Console
import Drivers
import Foundation
import Gateway
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Route
import ServiceLifecycle
import UnixSignals
import WebAPI

/// `wellhead serve`: the service itself.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs the service until it is told to end.",
        discussion: """
            Example: wellhead serve --data /var/lib/wellhead --host 127.0.0.1 --port 1337

            Every setting can also stand in the environment (WELLHEAD_PORT) or in the file that --config names \
            ({"port": 1337}); a flag wins over the environment, the environment over the file. The master key is read \
            from WELLHEAD_MASTER_KEY or WELLHEAD_MASTER_KEY_FILE, else made in the data directory at the first start. \
            The admin token is in admin.token there. Logs go to standard error; SIGTERM and SIGINT end the service.
            """)

    @OptionGroup var options: ServeOptions

    @Flag(help: "Logs as one JSON object a line.")
    var json = false

    @Flag(help: "Says where the service would listen and what it would use, as one JSON object, and ends.")
    var showSettings = false

    func run() async throws {
        let settings = try await ServeSettings(options)
        guard !showSettings else {
            Terminal.show(settings.answer, asJSON: true, lines: [])
            return
        }
        let inJSON = json
        LoggingSystem.bootstrap { label -> any LogHandler in
            if inJSON { return JSONLogHandler(label: label) }
            return StreamLogHandler.standardError(label: label)
        }
        var logger = Logger(label: "wellhead")
        logger.logLevel = settings.logLevel

        let house = try House.open(settings.data, claiming: true)
        try FileManager.default.createDirectory(at: settings.files, withIntermediateDirectories: true)
        let files = FileStore(directory: settings.files, sizeLimit: settings.uploadBytes)
        do throws(FileStoreError) {
            try await files.sweep()
        } catch {
            // Files can still be read from it by name.
            logger.warning(
                "The file directory cannot be listed",
                metadata: ["files": "\(settings.files.path())", "why": "\(error)"])
        }
        let token = try await house.adminToken()
        let group = MultiThreadedEventLoopGroup.singleton
        let route = Route(
            Route.Configuration(
                resolver: StaticResolver(settings.hosts, others: SystemResolver()), policy: settings.policy,
                group: group, logger: logger))
        let drivers = Drivers(
            route: route, files: settings.files,
            cache: settings.data.appending(path: "cache", directoryHint: .isDirectory))
        let gateway = Gateway(drivers: drivers, registry: house.registry, logger: logger)
        do {
            try await gateway.start()
        } catch {
            throw CommandFailure("The stored records cannot be read from \(settings.data.path()): \(error)")
        }

        let readiness = Readiness()
        var webSettings = WebAPI.Settings()
        webSettings.queries = settings.queries
        webSettings.failuresPerMinute = settings.loginFailures
        let web = WebAPI(
            gateway: gateway, files: files, doorkeeper: house.doorkeeper,
            logins: await house.logins(lifetime: settings.loginLifetime), readiness: readiness, settings: webSettings)
        let server = try settings.server(around: web.makeServer())
        let router = web.makeRouter()
        Console().add(to: router)
        let application = Application(
            router: router, server: server,
            configuration: ApplicationConfiguration(address: .hostname(settings.host, port: settings.port)),
            services: [gateway],
            onServerRunning: { [logger] channel in
                readiness.announce()
                logger.notice(
                    "Listening",
                    metadata: [
                        "address":
                            "\(channel.localAddress.map { "\($0.ipAddress ?? settings.host):\($0.port ?? 0)" } ?? settings.host)",
                        "data": "\(settings.data.path())", "adminToken": "\(token.path())",
                    ])
            },
            eventLoopGroupProvider: .shared(group), logger: logger)
        try await run(application, settings: settings, logger: logger)
        await route.shutdown()
        logger.notice("Ended")
    }

    /// Runs until a signal; open requests get some seconds to end, and all is over within ten.
    private func run(
        _ application: some ApplicationProtocol, settings: ServeSettings, logger: Logger
    ) async throws {
        var configuration = ServiceGroupConfiguration(
            services: [application], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(7)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch {
            if let failure = ListeningFailure.failure(for: error, host: settings.host, port: settings.port) {
                throw failure
            }
            // After the grace period what is left is cancelled, which is an end as asked for.
            guard error is CancellationError else { throw CommandFailure("The service ended: \(error)") }
        }
    }
}

extension ServeSettings {
    /// The server, inside TLS where a certificate is set.
    fileprivate func server(around base: HTTPServerBuilder) throws -> HTTPServerBuilder {
        guard let tls else { return base }
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(tls.certificate)
            let key = try NIOSSLPrivateKey(file: tls.key, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            return try .tls(base, tlsConfiguration: configuration)
        } catch {
            throw CommandFailure("tlsCertificate \(tls.certificate) and tlsKey \(tls.key) cannot be used together.")
        }
    }
}
