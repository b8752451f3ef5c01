import NIOCore

@testable import MySQLWire

/// What a server would send, for scripts.
enum ServerSide {
    static let nonce: [UInt8] = Array("abcdefghijklmnopqrst".utf8)

    static func bytes(_ hex: String) -> ByteBuffer {
        let digits = hex.filter { !$0.isWhitespace }
        var buffer = ByteBuffer()
        var rest = digits[...]
        while let value = UInt8(rest.prefix(2), radix: 16), rest.count >= 2 {
            buffer.writeInteger(value)
            rest = rest.dropFirst(2)
        }
        return buffer
    }

    /// Packets with their headers, numbered from a first number on.
    static func packets(_ payloads: [ByteBuffer], from first: UInt8) -> ByteBuffer {
        var out = ByteBuffer()
        for (index, payload) in payloads.enumerated() {
            out.writeInteger(UInt16(truncatingIfNeeded: payload.readableBytes), endianness: .little)
            out.writeInteger(UInt8(payload.readableBytes >> 16))
            out.writeInteger(first &+ UInt8(truncatingIfNeeded: index))
            out.writeImmutableBuffer(payload)
        }
        return out
    }

    static let everything: Capabilities = [
        .mySQL, .connectWithDatabase, .protocol41, .tls, .transactions, .secureConnection, .pluginAuthentication,
        .connectAttributes, .pluginAuthenticationLengthEncoded, .deprecateEOF,
    ]

    static func greeting(
        version: String = "8.4.2", capabilities: Capabilities = everything,
        extended: MariaDBCapabilities = [], plugin: String = "mysql_native_password", protocolVersion: UInt8 = 10
    ) -> ByteBuffer {
        var bytes = ByteBuffer(integer: protocolVersion)
        bytes.writeZeroTerminatedString(version)
        bytes.writeInteger(77 as UInt32, endianness: .little)
        bytes.writeBytes(nonce[..<8])
        bytes.writeInteger(0 as UInt8)
        bytes.writeInteger(UInt16(truncatingIfNeeded: capabilities.rawValue), endianness: .little)
        bytes.writeBytes([45, 2, 0])
        bytes.writeInteger(UInt16(capabilities.rawValue >> 16), endianness: .little)
        bytes.writeInteger(21 as UInt8)
        bytes.writeRepeatingByte(0, count: 6)
        bytes.writeInteger(extended.rawValue, endianness: .little)
        bytes.writeBytes(nonce[8...] + [0])
        bytes.writeZeroTerminatedString(plugin)
        return bytes
    }

    static func ok(first: UInt8 = 0, affected: UInt64 = 0, insertID: UInt64 = 0, warnings: UInt16 = 0) -> ByteBuffer {
        var bytes = ByteBuffer(integer: first)
        bytes.writeLengthEncodedInteger(affected)
        bytes.writeLengthEncodedInteger(insertID)
        bytes.writeInteger(2 as UInt16, endianness: .little)
        bytes.writeInteger(warnings, endianness: .little)
        return bytes
    }

    static func endOfFile(warnings: UInt16 = 0) -> ByteBuffer {
        var bytes = ByteBuffer(integer: 0xFE as UInt8)
        bytes.writeInteger(warnings, endianness: .little)
        bytes.writeInteger(2 as UInt16, endianness: .little)
        return bytes
    }

    static func error(_ code: UInt16, _ state: String?, _ message: String) -> ByteBuffer {
        var bytes = ByteBuffer(integer: 0xFF as UInt8)
        bytes.writeInteger(code, endianness: .little)
        if let state { bytes.writeString("#" + state) }
        bytes.writeString(message)
        return bytes
    }

    static func switchPlugin(_ name: String, nonce: [UInt8]) -> ByteBuffer {
        var bytes = ByteBuffer(integer: 0xFE as UInt8)
        bytes.writeZeroTerminatedString(name)
        bytes.writeBytes(nonce)
        return bytes
    }

    static func more(_ data: [UInt8]) -> ByteBuffer { ByteBuffer(bytes: [1] + data) }

    static func column(
        _ name: String, _ type: ColumnType = .varString, collation: UInt16 = 45, flags: ColumnFlags = [],
        decimals: UInt8 = 0, extended: [(UInt8, String)]? = nil
    ) -> ByteBuffer {
        var bytes = ByteBuffer()
        for text in ["def", "shop", "o", "orders", name, name] { bytes.writeLengthEncodedString(text) }
        if let extended {
            var pairs = ByteBuffer()
            for (kind, text) in extended {
                pairs.writeInteger(kind)
                pairs.writeLengthEncodedString(text)
            }
            bytes.writeLengthEncodedInteger(UInt64(pairs.readableBytes))
            bytes.writeImmutableBuffer(pairs)
        }
        bytes.writeInteger(0x0C as UInt8)
        bytes.writeInteger(collation, endianness: .little)
        bytes.writeInteger(80 as UInt32, endianness: .little)
        bytes.writeInteger(type.rawValue)
        bytes.writeInteger(flags.rawValue, endianness: .little)
        bytes.writeInteger(decimals)
        bytes.writeInteger(0 as UInt16)
        return bytes
    }

    static func textRow(_ values: [String?]) -> ByteBuffer {
        var bytes = ByteBuffer()
        for value in values {
            if let value { bytes.writeLengthEncodedString(value) } else { bytes.writeInteger(0xFB as UInt8) }
        }
        return bytes
    }

    static func prepared(_ id: UInt32, columns: UInt16, parameters: UInt16) -> ByteBuffer {
        var bytes = ByteBuffer(integer: 0 as UInt8)
        bytes.writeInteger(id, endianness: .little)
        bytes.writeInteger(columns, endianness: .little)
        bytes.writeInteger(parameters, endianness: .little)
        bytes.writeBytes([0, 0, 0])
        return bytes
    }
}

/// Drives a machine as the handler does, and notes what it wanted.
struct MachineScript {
    typealias Action = ConnectionStateMachine.Action

    var machine: ConnectionStateMachine
    var actions: [Action] = []
    var sent = ByteBuffer()

    static func settings(
        password: String = "secret", database: String? = nil, wantsTLS: Bool = false,
        allowsPublicKeyRetrieval: Bool = true, maximumMessageSize: Int = 1 << 26, maximumDrain: Int = 1 << 20
    ) -> ConnectionStateMachine.Settings {
        ConnectionStateMachine.Settings(
            username: "ann", password: Password(bytes: Array(password.utf8)), database: database,
            attributes: ["program_name": "wellhead"], wantsTLS: wantsTLS,
            allowsPublicKeyRetrieval: allowsPublicKeyRetrieval, maximumMessageSize: maximumMessageSize,
            maximumDrain: maximumDrain)
    }

    init(_ settings: ConnectionStateMachine.Settings = settings()) {
        machine = ConnectionStateMachine(settings: settings)
    }

    /// Notes an action, and encodes what it sends, which counts packets on.
    mutating func note(_ action: Action) {
        if action != .wait { actions.append(action) }
        switch action {
        case .upgrade(let request): machine.encode({ request.write(into: &$0) }, into: &sent)
        case .login(let response): machine.encode({ response.write(into: &$0) }, into: &sent)
        case .sendAuthentication(let bytes): machine.encode({ $0.writeImmutableBuffer(bytes) }, into: &sent)
        case .send(let command): machine.encode(command, into: &sent)
        case .wait, .loginAccepted, .rowsBegan, .row, .requestSucceeded, .requestFailed, .quit, .fail: break
        }
    }

    mutating func proceed() {
        while true {
            let action = machine.nextAction()
            if action == .wait { return }
            note(action)
        }
    }

    /// The server sends packets; answers the actions that came of it.
    @discardableResult
    mutating func receive(_ payloads: ByteBuffer..., from first: UInt8) -> [Action] {
        receive(bytes: ServerSide.packets(payloads, from: first))
    }

    @discardableResult
    mutating func receive(bytes: ByteBuffer) -> [Action] {
        let before = actions.count
        machine.bytesReceived(bytes)
        proceed()
        return Array(actions[before...])
    }

    @discardableResult
    mutating func request(_ id: Int, _ request: Request) -> [Action] {
        let before = actions.count
        note(machine.requested(id: id, request))
        proceed()
        return Array(actions[before...])
    }

    /// A machine that is logged in.
    static func loggedIn(
        _ settings: ConnectionStateMachine.Settings = settings(), capabilities: Capabilities = ServerSide.everything,
        extended: MariaDBCapabilities = []
    ) -> MachineScript {
        var script = MachineScript(settings)
        script.receive(ServerSide.greeting(capabilities: capabilities, extended: extended), from: 0)
        script.receive(ServerSide.ok(), from: 2)
        return script
    }
}
