/// What a server sends, put together by the tables of [MS-TDS] and not by what is under test.
enum ServerBytes {
    static func packet(_ payload: [UInt8], last: Bool = true) -> [UInt8] {
        let length = payload.count + 8
        return [0x04, last ? 1 : 0, UInt8(length >> 8), UInt8(length & 0xFF), 0, 0x35, 1, 0] + payload
    }

    /// Several packets of a few bytes each.
    static func packets(_ payload: [UInt8], size: Int) -> [UInt8] {
        stride(from: 0, to: payload.count, by: size).flatMap { start in
            let end = min(start + size, payload.count)
            return packet(Array(payload[start..<end]), last: end == payload.count)
        }
    }

    /// A PRELOGIN answer: version 16.0.1000, and this encryption.
    static func preLogin(encryption: UInt8) -> [UInt8] {
        packet([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xFF, 16, 0, 3, 232, 0, 0, encryption])
    }

    static func utf16(_ text: String) -> [UInt8] { text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } }
    static func byteText(_ text: String) -> [UInt8] { [UInt8(text.utf16.count)] + utf16(text) }
    static func shortText(_ text: String) -> [UInt8] { short(text.utf16.count) + utf16(text) }
    static func short(_ value: Int) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8 & 0xFF)] }
    static func long(_ value: Int) -> [UInt8] { short(value & 0xFFFF) + short(value >> 16 & 0xFFFF) }
    static func longLong(_ value: UInt64) -> [UInt8] {
        long(Int(value & 0xFFFF_FFFF)) + long(Int(value >> 32))
    }

    static func message(_ token: UInt8, _ number: Int, _ text: String, state: UInt8, severity: UInt8) -> [UInt8] {
        let body = long(number) + [state, severity] + shortText(text) + byteText("db1") + byteText("") + long(1)
        return [token] + short(body.count) + body
    }

    static func error(_ number: Int, _ text: String = "no", state: UInt8 = 1, severity: UInt8 = 14) -> [UInt8] {
        message(0xAA, number, text, state: state, severity: severity)
    }

    static func done(_ status: Int = 0, rows: UInt64 = 0, token: UInt8 = 0xFD) -> [UInt8] {
        [token] + short(status) + short(0xC1) + longLong(rows)
    }

    static func environment(_ type: UInt8, _ data: [UInt8]) -> [UInt8] {
        [0xE3] + short(data.count + 1) + [type] + data
    }

    static var acknowledgement: [UInt8] {
        let body: [UInt8] = [1, 0x74, 0, 0, 4] + byteText("Microsoft SQL Server") + [16, 0, 3, 232]
        return [0xAD] + short(body.count) + body
    }

    /// Everything that a login gives: a database, a packet size, the acknowledgement.
    static var login: [UInt8] {
        environment(1, byteText("shop") + byteText("master")) + acknowledgement
            + environment(4, byteText("8000") + byteText("4096")) + done()
    }

    /// One column.
    static func column(_ name: String, _ type: [UInt8], flags: Int = 1) -> [UInt8] {
        long(0) + short(flags) + type + byteText(name)
    }

    static func columns(_ columns: [[UInt8]]) -> [UInt8] {
        [0x81] + short(columns.count) + columns.flatMap { $0 }
    }

    static let latin: [UInt8] = [0x09, 0x04, 0xD0, 0x00, 0x34]
    /// An nvarchar(max).
    static let longText: [UInt8] = [0xE7, 0xFF, 0xFF] + latin
    /// An int that can be NULL.
    static let integer: [UInt8] = [0x26, 4]

    /// A value in chunks.
    static func chunks(_ parts: [[UInt8]], total: UInt64? = nil) -> [UInt8] {
        longLong(total ?? UInt64.max - 1) + parts.flatMap { long($0.count) + $0 } + long(0)
    }

    /// Two columns, three rows: (1, "añ𝄞", from two chunks), (NULL, NULL), (2, "").
    static var answer: [UInt8] {
        columns([column("n", integer), column("t", longText)])
            + [0xD1, 4] + long(1) + chunks([utf16("añ"), utf16("𝄞")])
            + [0xD2, 0b11] + [0xD1, 4] + long(2) + chunks([], total: 0) + done(0x10, rows: 3)
    }
}
