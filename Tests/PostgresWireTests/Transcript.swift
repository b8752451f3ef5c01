import NIOCore

@testable import PostgresWire

/// Messages of a server, as bytes.
enum Transcript {
    static func message(_ type: Character, _ body: [UInt8] = []) -> [UInt8] {
        let length = UInt32(body.count + 4)
        return [type.asciiValue ?? 0] + withUnsafeBytes(of: length.bigEndian) { Array($0) } + body
    }

    static func text(_ strings: String...) -> [UInt8] { strings.flatMap { Array($0.utf8) + [0] } }

    static let authenticationOk = message("R", [0, 0, 0, 0])
    static let key = message("K", [0, 0, 0, 7, 0, 0, 0, 9])
    static let parameter = message("S", text("server_version", "15.5"))
    static let ready = message("Z", [0x49])
    static let login = authenticationOk + parameter + key + ready
    static let parsed = message("1") + message("2")
    /// One column, `i`, of the type int4.
    static let column = message(
        "T", [0, 1] + text("i") + [0, 0, 0, 0, 0, 0, 0, 0, 0, 23, 0, 4, 255, 255, 255, 255, 0, 0])
    static func row(_ value: String) -> [UInt8] { message("D", [0, 1, 0, 0, 0, UInt8(value.utf8.count)] + value.utf8) }
    static let null = message("D", [0, 1, 255, 255, 255, 255])
    static let complete = message("C", text("SELECT 3"))
    static let notice = message("N", text("SNOTICE", "C00000", "Mlook") + [0])
    static func error(_ state: String, severity: String = "ERROR") -> [UInt8] {
        message("E", text("S\(severity)", "V\(severity)", "C\(state)", "Mno", "P3") + [0])
    }
    /// An answer to one extended query.
    static let answer = parsed + column + row("1") + notice + null + row("22") + complete + ready

    static func decode(_ bytes: [UInt8], isFirst: Bool = false) throws -> [BackendMessage] {
        var decoder = BackendDecoder()
        decoder.append(ByteBuffer(bytes: bytes))
        var messages: [BackendMessage] = []
        while let next = try decoder.next(FrameRule(maximumSize: 1 << 16, isFirst: isFirst)) { messages.append(next) }
        return messages
    }
}
