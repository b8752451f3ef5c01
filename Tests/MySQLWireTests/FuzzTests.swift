import NIOCore
import Testbed
import Testing

@testable import MySQLWire

@Suite("A peer that breaks the protocol")
struct FuzzTests {
    static let bound = 1 << 16
    static let chunk = 4096

    @Test("Neither crashes the machine nor makes it hold more than the bound")
    func fuzz() throws {
        var logins = 0
        var rows = 0
        Fuzzing.run { seed in
            var generator = FuzzRandom(seed: seed)
            let outcome = Self.run(&generator)
            #expect(
                outcome.peak <= max(Self.bound, ConnectionStateMachine.maximumLoginMessageSize) + Self.chunk + 4,
                "seed \(seed)")
            if outcome.loggedIn {
                logins += 1
                rows += outcome.rows
            }
        }
        // A fuzz that never comes past the greeting proves little.
        #expect(logins > 0 && rows > 0)
    }

    static func run(_ generator: inout FuzzRandom) -> (peak: Int, loggedIn: Bool, rows: Int) {
        let wantsTLS = Int.random(in: 0..<4, using: &generator) == 0
        var script = MachineScript(
            MachineScript.settings(wantsTLS: wantsTLS, maximumMessageSize: bound, maximumDrain: 256))
        let requests: [Request] = [
            .query("SELECT n"), .execute("SELECT ?", [.int(1)]), .execute("SELECT ?", [.int(1)], forRowsOnly: true),
            .ping,
            .resetConnection,
        ]
        for id in 1...4 { script.request(id, requests.randomElement(using: &generator) ?? .ping) }
        var stream = conversation(wantsTLS: wantsTLS, &generator)
        mutate(&stream, &generator)
        var peak = 0
        while stream.readableBytes > 0 {
            let length = min(stream.readableBytes, Int.random(in: 1...chunk, using: &generator))
            guard let part = stream.readSlice(length: length) else { break }
            script.receive(bytes: part)
            peak = max(peak, script.machine.bufferedBytes)
            if case .upgrade? = script.actions.last {
                script.note(script.machine.upgradeCompleted())
                script.proceed()
            }
            if Int.random(in: 0..<20, using: &generator) == 0 {
                script.machine.abandoned(id: Int.random(in: 1...4, using: &generator))
                script.proceed()
            }
        }
        _ = script.machine.closed()
        return (peak, script.actions.contains(.loginAccepted), readRows(script.actions))
    }

    /// Reads every row, whatever it holds; answers how many could be read.
    static func readRows(_ actions: [ConnectionStateMachine.Action]) -> Int {
        var columns: [ColumnDefinition] = []
        var format = RowFormat.text
        var read = 0
        for action in actions {
            if case .rowsBegan(_, let began, let how) = action {
                columns = began
                format = how
            } else if case .row(let payload) = action, format == .binary {
                let isRow = (try? MySQLRow(columns: columns, payload: payload, format: format).values()) != nil
                let isWalked = (try? BinaryRowLayout(columns: columns).forEachCell(in: payload) { _, _ in }) != nil
                // The values of dates have rules of their own.
                #expect(isWalked || !isRow)
                if isRow { read += 1 }
            } else if case .row(let payload) = action,
                (try? MySQLRow(columns: columns, payload: payload, format: format).values()) != nil
            {
                read += 1
            }
        }
        return read
    }

    static func conversation(wantsTLS: Bool, _ generator: inout FuzzRandom) -> ByteBuffer {
        let types: [ColumnType] = [
            .tiny, .short, .long, .float, .double, .longLong, .date, .time, .dateTime, .json, .decimal, .blob, .bit,
        ]
        var stream = ServerSide.packets([ServerSide.greeting()], from: 0)
        var number: UInt8 = wantsTLS ? 3 : 2
        func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) } }
        for _ in 0..<Int.random(in: 0..<3, using: &generator) {
            let plugins = [
                "mysql_native_password", "client_ed25519", "caching_sha2_password", "sha256_password", "dialog",
            ]
            let name = plugins[Int.random(in: 0..<40, using: &generator) % plugins.count]
            stream.writeImmutableBuffer(
                ServerSide.packets([ServerSide.switchPlugin(name, nonce: random(33))], from: number))
            number &+= 2
            if name == "caching_sha2_password" {
                stream.writeImmutableBuffer(ServerSide.packets([ServerSide.more([3])], from: number))
                number &+= 1
            }
        }
        stream.writeImmutableBuffer(ServerSide.packets([ServerSide.ok()], from: number))
        for _ in 0..<6 {
            let type = types.randomElement(using: &generator) ?? .blob
            var result = [ByteBuffer(integer: 1 as UInt8), ServerSide.column("n", type, decimals: 6)]
            for _ in 0..<Int.random(in: 0..<8, using: &generator) {
                let isText = Bool.random(using: &generator)
                result.append(
                    isText
                        ? ServerSide.textRow(["\(UInt8.random(in: 0...255, using: &generator))"])
                        : ByteBuffer(bytes: [0, 0] + random(Int.random(in: 0...12, using: &generator))))
            }
            result.append(ServerSide.ok(first: 0xFE))
            let answers: [[ByteBuffer]] = [
                result, [ServerSide.ok()], [ServerSide.error(1064, "42000", "no")],
                [
                    ServerSide.prepared(3, columns: 1, parameters: 1), ServerSide.column("?"),
                    ServerSide.column("n", type),
                ],
            ]
            let answer = answers.randomElement(using: &generator) ?? result
            stream.writeImmutableBuffer(ServerSide.packets(answer, from: 1))
        }
        return stream
    }

    static func mutate(_ stream: inout ByteBuffer, _ generator: inout FuzzRandom) {
        var bytes = Array(stream.readableBytesView)
        for _ in 0..<Int.random(in: 0..<4, using: &generator) where !bytes.isEmpty {
            // Mostly behind the greeting, so that the later states are met.
            let low = Int.random(in: 0..<5, using: &generator) == 0 ? 0 : min(90, bytes.count - 1)
            let index = Int.random(in: low..<bytes.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 2: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...9, using: &generator)))
            case 3:
                let count = Int.random(in: 1...9, using: &generator)
                bytes.insert(
                    contentsOf: (0..<count).map { _ in [0, 0xFB, 0xFE, 0xFF].randomElement(using: &generator) ?? 0 },
                    at: index)
            case 4: bytes.insert(contentsOf: [0xFF, 0xFF, 0, UInt8.random(in: 0...3, using: &generator)], at: index)
            default:
                let size = Int.random(in: 1...(bound * 2), using: &generator)
                bytes.insert(
                    contentsOf: repeatElement(UInt8.random(in: 0...255, using: &generator), count: size), at: index)
            }
        }
        stream = ByteBuffer(bytes: bytes)
    }

    @Test("A server that sends columns for ever is stopped at the bound")
    func endlessColumns() {
        var script = MachineScript.loggedIn(MachineScript.settings(maximumMessageSize: Self.bound))
        script.request(1, .query("SELECT n"))
        script.receive(bytes: ServerSide.packets([ServerSide.bytes("fc0010")], from: 1))
        let column = ServerSide.column(String(repeating: "n", count: 250))
        var number: UInt8 = 2
        for _ in 0..<4096 {
            script.receive(column, from: number)
            number &+= 1
            if case .fail(.messageTooLarge)? = script.actions.last { return }
        }
        Issue.record("it went on")
    }
}
