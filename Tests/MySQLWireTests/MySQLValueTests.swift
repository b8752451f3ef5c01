import NIOCore
import Testing

@testable import MySQLWire

@Suite("Values")
struct MySQLValueTests {
    static func column(
        _ type: ColumnType, unsigned: Bool = false, binary: Bool = false, decimals: UInt8 = 0
    ) throws -> ColumnDefinition {
        try #require(
            ColumnDefinition(
                payload: ServerSide.column(
                    "c", type, collation: binary ? 63 : 45, flags: unsigned ? .unsigned : [], decimals: decimals)))
    }

    @Test(
        "Binary values by type",
        arguments: [
            (ColumnType.tiny, false, 0 as UInt8, "ff", MySQLValue.int(-1)), (.tiny, true, 0, "ff", .uint(255)),
            (.short, false, 0, "feff", .int(-2)), (.year, true, 0, "e807", .uint(2024)),
            (.long, false, 0, "01000080", .int(-2_147_483_647)), (.int24, false, 0, "ffffff7f", .int(2_147_483_647)),
            (.longLong, true, 0, "ffffffffffffffff", .uint(.max)),
            (.float, false, 31, "0000c03f", .float(1.5)), (.double, false, 31, "000000000000f83f", .double(1.5)),
            (.decimal, false, 2, "05 31322e3530", .decimal("12.50")),
            (.json, false, 0, "02 7b7d", .json("{}")), (.varString, false, 0, "02 c3bc", .text("ü")),
            (.bit, false, 0, "01 05", .bytes(ByteBuffer(bytes: [5]))),
            (.date, false, 0, "04 e807 02 1d", .date("2024-02-29")), (.date, false, 0, "00", .date("0000-00-00")),
            (.dateTime, false, 0, "07 e807 02 1d 17 3b 3a", .dateTime("2024-02-29 23:59:58")),
            (.timestamp, false, 3, "0b e807 02 1d 17 3b 3a 40e20100", .dateTime("2024-02-29 23:59:58.123")),
            (.dateTime, false, 6, "00", .dateTime("0000-00-00 00:00:00.000000")),
            (.time, false, 0, "08 01 22000000 16 3b 3b", .time("-838:59:59")),
            (.time, false, 6, "0c 00 00000000 01 02 03 01000000", .time("01:02:03.000001")),
            (.time, false, 0, "00", .time("00:00:00")),
        ])
    func binary(type: ColumnType, unsigned: Bool, decimals: UInt8, hex: String, expected: MySQLValue) throws {
        var payload = ByteBuffer(bytes: [0, 0])
        payload.writeImmutableBuffer(ServerSide.bytes(hex))
        let column = try Self.column(type, unsigned: unsigned, decimals: decimals)
        #expect(try MySQLRow(columns: [column], payload: payload, format: .binary).values() == [expected])
        for length in 0..<payload.readableBytes {
            let cut = payload.getSlice(at: 0, length: length) ?? ByteBuffer()
            #expect(throws: MySQLWireError.self) {
                try MySQLRow(columns: [column], payload: cut, format: .binary).values()
            }
        }
    }

    @Test("The bitmap of NULLs begins at its third bit and goes over bytes")
    func nulls() throws {
        let column = try Self.column(.tiny)
        var payload = ByteBuffer(bytes: [0, 0b1000_0100, 0b0000_0001])
        payload.writeBytes([1, 2, 3, 4])
        let row = MySQLRow(columns: Array(repeating: column, count: 7), payload: payload, format: .binary)
        #expect(try row.values() == [.null, .int(1), .int(2), .int(3), .int(4), .null, .null])
    }

    @Test(
        "Text values by type",
        arguments: [
            (ColumnType.long, false, false, "-7", MySQLValue.int(-7)), (.longLong, true, false, "007", .uint(7)),
            (.double, false, false, "1e300", .double(1e300)), (.decimal, false, false, "1.10", .decimal("1.10")),
            (.blob, false, true, "ab", .bytes(ByteBuffer(string: "ab"))), (.blob, false, false, "ab", .text("ab")),
            (.date, false, false, "2024-02-29", .date("2024-02-29")),
        ])
    func text(type: ColumnType, unsigned: Bool, binary: Bool, text: String, expected: MySQLValue) throws {
        let column = try Self.column(type, unsigned: unsigned, binary: binary)
        let row = MySQLRow(columns: [column], payload: ServerSide.textRow([text]), format: .text)
        #expect(try row.values() == [expected])
    }

    @Test("A row that is longer, shorter or no row throws")
    func brokenRows() throws {
        let column = try Self.column(.long)
        for payload in [
            ServerSide.textRow(["1", "2"]), ByteBuffer(), ServerSide.textRow(["x"]), ByteBuffer(bytes: [9, 0x31]),
        ] {
            #expect(throws: MySQLWireError.self) {
                try MySQLRow(columns: [column], payload: payload, format: .text).values()
            }
        }
    }

    @Test("Parameters are written by type, NULL only in the bitmap")
    func parameters() {
        var bytes = ByteBuffer()
        Command.execute(
            statement: 1, parameters: [.null, .int(-1), .uint(1), .double(1.5), .text("ü"), .bytes([0, 255])]
        ).write(into: &bytes)
        #expect(
            bytes
                == ServerSide.bytes(
                    """
                    17 01000000 00 01000000 01 01 0600 0800 0880 0500 fd00 fc00
                    ffffffffffffffff 0100000000000000 000000000000f83f 02c3bc 0200ff
                    """))
    }
}
