import Foundation
import NIOCore
import NIOPosix
import Testbed
import Testing

@Suite("A name server that never answers", .enabled(if: getuid() == 0, "a name server's port needs root"))
struct SilentNameServerTests {
    private static let address = "127.77.0.53"

    @Test("The look-up ends with the deadline, and others are served meanwhile")
    func silence() async throws {
        let server = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: Self.address, port: 53).get()
        let configuration = Workspace.makeFolder(for: "resolver").appending(path: "resolv.conf")
        try Workspace.write("nameserver \(Self.address)\n", to: configuration, mode: 0o644)
        // The service alone sees the other name server: its mounts are its own.
        let service = try await WellheadService.start(
            launcher: [
                "/usr/bin/unshare", "--mount", "/bin/sh", "-c",
                "mount --bind \(configuration.path) /etc/resolv.conf && exec \"$@\"", "sh",
            ])
        async let slow = service.call(
            "POST /datasources?timeout=2", ["driver": "postgres", "host": "db.example", "username": "ann"])
        let database = try await Database.Kind.postgres.shared()
        let record = try await service.create(database.body)
        try await service.delete(record)

        let answer = try await slow
        #expect(answer.status == 422)
        #expect(try answer.json["error"]["stage"].text == "resolve")
        #expect(try answer.json["error"]["code"].text == "resolve_timeout")
        try ReportTable("Faults").record(
            row: "a silent name server", column: "told",
            .passed("resolve \(try answer.json["error"]["code"].text ?? "none")"))
        #expect(try await service.count() == 0)
        #expect(await service.stop() == 0)
        try await server.close()
    }
}
