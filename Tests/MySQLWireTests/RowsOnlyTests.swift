import NIOCore
import Testing

@testable import MySQLWire

@Suite("Statements that are executed for their rows only")
struct RowsOnlyTests {
    typealias Action = ConnectionStateMachine.Action

    static let maintenance = ["Table", "Op", "Msg_type", "Msg_text"]

    /// What follows the server's description of a statement with these columns.
    private static func actions(_ columns: [String], deprecatesEOF: Bool, parameters: Int = 0) -> [Action] {
        let capabilities = deprecatesEOF ? ServerSide.everything : ServerSide.everything.subtracting(.deprecateEOF)
        var script = MachineScript.loggedIn(capabilities: capabilities)
        script.request(1, .execute("…", [], forRowsOnly: true))
        var payloads = [
            ServerSide.prepared(6, columns: UInt16(columns.count), parameters: UInt16(parameters))
        ]
        for _ in 0..<parameters { payloads.append(ServerSide.column("?")) }
        if parameters > 0, !deprecatesEOF { payloads.append(ServerSide.endOfFile()) }
        payloads += columns.map { ServerSide.column($0) }
        if !columns.isEmpty, !deprecatesEOF { payloads.append(ServerSide.endOfFile()) }
        return script.receive(bytes: ServerSide.packets(payloads, from: 1))
    }

    @Test("One without columns is closed and not executed, whatever parameters it has", arguments: [true, false])
    func withoutRows(deprecatesEOF: Bool) {
        for parameters in [0, 2] {
            #expect(
                Self.actions([], deprecatesEOF: deprecatesEOF, parameters: parameters)
                    == [.send(.closeStatement(6)), .requestFailed(id: 1, .notExecuted(.withoutRows))])
        }
    }

    @Test("One that reports on the maintenance of tables is closed and not executed", arguments: [true, false])
    func maintenance(deprecatesEOF: Bool) {
        #expect(
            Self.actions(Self.maintenance, deprecatesEOF: deprecatesEOF)
                == [.send(.closeStatement(6)), .requestFailed(id: 1, .notExecuted(.tableMaintenance))])
    }

    @Test(
        "One with columns is executed", arguments: [["n"], ["Table", "Op"], ["Op", "Table", "Msg_type", "Msg_text"]])
    func withRows(columns: [String]) {
        for deprecatesEOF in [true, false] {
            #expect(
                Self.actions(columns, deprecatesEOF: deprecatesEOF)
                    == [.send(.execute(statement: 6, parameters: []))])
        }
    }

    @Test("Without the wish all are executed")
    func everything() {
        var script = MachineScript.loggedIn()
        script.request(1, .execute("DO 1", []))
        #expect(
            script.receive(ServerSide.prepared(6, columns: 0, parameters: 0), from: 1)
                == [.send(.execute(statement: 6, parameters: []))])
    }

    @Test("The connection is used on")
    func usable() {
        var script = MachineScript.loggedIn()
        script.request(1, .execute("DO 1", [], forRowsOnly: true))
        script.receive(ServerSide.prepared(6, columns: 0, parameters: 0), from: 1)
        #expect(script.request(2, .ping) == [.send(.ping)])
    }
}

@Suite("MariaDB's extended metadata")
struct ExtendedMetadataTests {
    private static let mariaDB = ServerSide.everything.subtracting(.mySQL)

    @Test("They are asked for where MariaDB offers them, and nowhere else")
    func negotiated() {
        let all = MariaDBCapabilities(rawValue: 0x1F)
        let expectations: [(Capabilities, MariaDBCapabilities, MariaDBCapabilities)] = [
            (Self.mariaDB, all, .extendedMetadata), (Self.mariaDB, [], []), (ServerSide.everything, all, []),
        ]
        for (capabilities, offered, asked) in expectations {
            var script = MachineScript()
            let greeting = ServerSide.greeting(capabilities: capabilities, extended: offered)
            guard case .login(let login)? = script.receive(greeting, from: 0).first else {
                Issue.record("no login")
                return
            }
            #expect(login.extendedCapabilities == asked)
            // After flags, size, collation and 19 unused bytes.
            #expect(script.sent.getInteger(at: 4 + 28, endianness: .little, as: UInt32.self) == asked.rawValue)
        }
    }

    @Test("A column's further type and format are read, of parameters too")
    func columns() throws {
        var script = MachineScript.loggedIn(capabilities: Self.mariaDB, extended: .extendedMetadata)
        script.request(1, .execute("SELECT", [.int(1)], forRowsOnly: true))
        let payloads = [
            ServerSide.column("j", .blob, extended: [(1, "json")]),
            ServerSide.column("i", .string, extended: [(0, "inet6"), (9, "later")]),
            ServerSide.column("n", extended: []),
        ]
        script.receive(
            bytes: ServerSide.packets(
                [ServerSide.prepared(2, columns: 3, parameters: 1), ServerSide.column("?", extended: [])] + payloads,
                from: 1))
        let actions = script.receive(
            bytes: ServerSide.packets([ByteBuffer(integer: 3 as UInt8)] + payloads, from: 1))
        guard case .rowsBegan(_, let columns, .binary)? = actions.first else {
            Issue.record("no rows")
            return
        }
        #expect(columns.map(\.extendedFormat) == ["json", nil, nil])
        #expect(columns.map(\.extendedType) == [nil, "inet6", nil])
        #expect(columns.map(\.name) == ["j", "i", "n"])
    }

    @Test("Metadata that end too early are no definition")
    func truncated() {
        var payload = ByteBuffer()
        for text in ["def", "", "", "", "n", "n"] { payload.writeLengthEncodedString(text) }
        payload.writeLengthEncodedInteger(2)
        payload.writeBytes([0, 9])
        payload.writeBytes([0x0C, 45, 0, 80, 0, 0, 0, 0xFD, 0, 0, 0, 0, 0])
        #expect(ColumnDefinition(payload: payload, isExtended: true) == nil)
    }
}
