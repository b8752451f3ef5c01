import NIOCore
import Testbed
import Testing

@testable import MySQLWire

@Suite("Servers that ask too much or go away")
struct HostileTests {
    @Test("LOAD DATA LOCAL INFILE is refused by a server that would take it", arguments: RealServer.here)
    func localInfile(server: RealServer) async throws {
        try await server.admin("set global local_infile = 1")
        let connection = try await server.connect()
        let said = try await RealServer.refusal {
            try await connection.simpleQuery("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE orders")
        }
        // MariaDB: not allowed with this version; MySQL: loading local data must be enabled on both sides.
        #expect([1148, 3948, 4166].contains(said?.code))
        #expect(try await connection.simpleQuery("SELECT 1") == [["1"]])
        await connection.close()
    }

    static func bytes(_ payloads: [ByteBuffer], from first: UInt8) -> [UInt8] {
        Array(ServerSide.packets(payloads, from: first).readableBytesView)
    }

    @Test("A server that asks for a local file gets none and loses the connection")
    func maliciousServer() async throws {
        var request = ByteBuffer(integer: 0xFB as UInt8)
        request.writeString("/etc/passwd")
        let gate = try await ScriptedServer.start([
            Self.bytes([ServerSide.greeting()], from: 0), Self.bytes([ServerSide.ok()], from: 2),
            Self.bytes([request], from: 1),
        ])
        let channel = try await Dialling.dial(port: gate.port)
        let connection = try await MySQLConnection.open(on: channel, configuration: .init(username: "ann"))
        await #expect(throws: MySQLWireError.localInfileRequested) { try await connection.simpleQuery("SELECT 1") }
        try await connection.onClose.get()
        try await gate.stop()
    }

    @Test("A server that sends without end before the login is stopped at once")
    func flood() async throws {
        let server = try await FaultyServer.start(.floods([UInt8](repeating: 0x41, count: 4096)))
        let channel = try await Dialling.dial(port: server.port)
        await #expect(throws: MySQLWireError.notMySQL(excerpt: [UInt8](repeating: 0x41, count: 64))) {
            try await MySQLConnection.open(on: channel, configuration: .init(username: "ann"))
        }
        try await channel.closeFuture.get()
        await server.stop()
    }

    @Test("A server that stops under an idle connection is noticed")
    func stopped() async throws {
        let server = try await MariaDBServer.start()
        let connection = try await Dialling.connect(port: server.port, MariaDBServer.Logins.native)
        await server.stop()
        try await connection.onClose.get()
        // Some shut down with a word, some without; either is what a later call is told.
        await #expect(throws: MySQLWireError.self) { try await connection.ping() }
    }
}
