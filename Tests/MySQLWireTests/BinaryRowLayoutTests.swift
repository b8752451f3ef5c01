import NIOCore
import Testing

@testable import MySQLWire

@Suite("Walking the cells of binary rows")
struct BinaryRowLayoutTests {
    private static func column(_ type: ColumnType) throws -> ColumnDefinition {
        try #require(ColumnDefinition(payload: ServerSide.column("c", type)))
    }

    private static func cells(
        _ types: [ColumnType], _ row: ByteBuffer
    ) throws -> [[UInt8]?] {
        let layout = BinaryRowLayout(columns: try types.map(column))
        var cells: [[UInt8]?] = []
        try layout.forEachCell(in: row) { index, bytes in
            #expect(index == cells.count)
            cells.append(bytes.map { Array($0) })
        }
        return cells
    }

    private static let types: [ColumnType] = [
        .tiny, .short, .year, .int24, .long, .longLong, .float, .double, .date, .time, .varString, .blob, .null,
        .decimal,
    ]

    /// A row of all types, with the last but one NULL.
    private static let row: ByteBuffer = {
        var row = ServerSide.bytes("00 0040")
        row.writeImmutableBuffer(
            ServerSide.bytes(
                """
                01 0203 0405 06070809 0a0b0c0d 0e0f101112131415 16171819 1a1b1c1d1e1f2021
                04 e807021d 00 03 616263 fc0100 64 02 3132
                """))
        return row
    }()

    @Test("Each cell comes with its bytes and without its length")
    func cells() throws {
        let expected: [[UInt8]?] = [
            [1], [2, 3], [4, 5], [6, 7, 8, 9], [10, 11, 12, 13], Array(14...21), [22, 23, 24, 25], Array(26...33),
            [0xE8, 7, 2, 29], [], Array("abc".utf8), Array("d".utf8), nil, Array("12".utf8),
        ]
        #expect(try Self.cells(Self.types, Self.row) == expected)
    }

    @Test("A row that is cut anywhere, or longer, throws")
    func cut() throws {
        for length in 0..<Self.row.readableBytes {
            let part = Self.row.getSlice(at: 0, length: length) ?? ByteBuffer()
            #expect(throws: MySQLWireError.self) { try Self.cells(Self.types, part) }
        }
        var longer = Self.row
        longer.writeInteger(0 as UInt8)
        #expect(throws: MySQLWireError.self) { try Self.cells(Self.types, longer) }
    }

    @Test("NULLs are where the bitmap says, over its bytes")
    func nulls() throws {
        let row = ByteBuffer(bytes: [0, 0b1000_0100, 0b0000_0001, 1, 2, 3, 4])
        let cells = try Self.cells(Array(repeating: .tiny, count: 7), row)
        #expect(cells == [nil, [1], [2], [3], [4], nil, nil])
    }

    @Test(
        "Lengths that lie are refused, and nothing is taken for them",
        arguments: ["fb", "ff", "feffffffffffffffff", "feffffffffffffff7f", "fdffffff", "fc", "fe01", "05 61"])
    func lengths(hex: String) throws {
        var row = ByteBuffer(bytes: [0, 0])
        row.writeImmutableBuffer(ServerSide.bytes(hex))
        #expect(throws: MySQLWireError.self) { try Self.cells([.blob], row) }
    }

    @Test("Long cells have longer lengths")
    func longCells() throws {
        for length in [250, 251, 65_535, 65_536, 1 << 20] {
            var row = ByteBuffer(bytes: [0, 0])
            row.writeLengthEncodedInteger(UInt64(length))
            row.writeRepeatingByte(7, count: length)
            #expect(try Self.cells([.varString], row).first??.count == length)
        }
    }
}
