import Foundation
import NIOConcurrencyHelpers

/// The program itself, as a stranger runs it: `wellhead serve` as a process of its own, on a free port of the loopback.
package final class WellheadService: Sendable {
    /// Where it answers, such as `http://127.0.0.1:4711`.
    package let address: String
    /// Its data directory.
    package let data: URL
    /// Its port on 127.0.0.1.
    package let port: Int
    private let arguments: [String]
    private let environment: [String: String]
    private let folder: URL
    private let daemon = NIOLockedValueBox<Daemon?>(nil)
    private let adminToken = NIOLockedValueBox("")

    private let launcher: [String]

    private init(arguments: [String], environment: [String: String], launcher: [String]) throws {
        port = try FreePort.next()
        folder = Workspace.makeFolder(for: "service")
        data = folder.appending(path: "data", directoryHint: .isDirectory)
        address = "http://127.0.0.1:\(port)"
        self.arguments = arguments
        self.environment = environment
        self.launcher = launcher
    }

    /// The program that this test process was built with.
    package static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "wellhead").path

    /// Makes a service with a data directory of its own and starts it; by `launcher`, which must become the program.
    package static func start(
        _ arguments: [String] = [], environment: [String: String] = [:], launcher: [String] = []
    ) async throws -> WellheadService {
        let service = try WellheadService(arguments: arguments, environment: environment, launcher: launcher)
        try Workspace.write("", to: service.log)
        try await service.start()
        return service
    }

    /// Starts a stopped service on its port, with its data. Returns when it is ready.
    package func start() async throws {
        let started = try await Daemon.start(
            launcher + [Self.program, "serve", "--port", String(port), "--data", data.path] + arguments,
            environment: environment, as: .current, output: log, errors: log)
        daemon.withLockedValue { $0 = started }
        try await eventually("the service is ready") {
            guard started.isRunning else { throw TestbedError("The service did not start: \(self.logText)") }
            // Before it listens, asking would be an error.
            guard Sockets.listeningPorts(of: started.pid).contains(port) else { return false }
            return try await call("GET /health/ready", as: nil).status == 200
        }
        let token = try String(contentsOf: data.appending(path: "admin.token"), encoding: .utf8)
        adminToken.withLockedValue { $0 = token.trimmingCharacters(in: .newlines) }
    }

    /// Ends the service as its operator would, and returns its exit status.
    @discardableResult
    package func stop() async -> Int32 { await end(by: SIGTERM) }

    /// Ends it as a crash would: `kill -9`.
    package func crash() async { await end(by: SIGKILL) }

    @discardableResult
    private func end(by signal: Int32) async -> Int32 {
        guard let running = daemon.withLockedValue({ $0 }) else { return 0 }
        running.signal(signal)
        let status = await running.ended()
        daemon.withLockedValue { $0 = nil }
        if signal == SIGTERM, status != 0 {
            print("The service ended with \(status). Its last words:\n\(logText.suffix(4000))")
        }
        return status
    }

    /// The admin's token.
    package var token: String { adminToken.withLockedValue { $0 } }
    /// The service's process; 0 where it does not run.
    package var pid: Int32 { daemon.withLockedValue { $0?.pid ?? 0 } }
    /// Everything that it wrote to standard output and standard error, over all its runs.
    package var logText: String {
        String(decoding: FileManager.default.contents(atPath: log.path) ?? Data(), as: UTF8.self)
    }

    private var log: URL { folder.appending(path: "log") }
}
