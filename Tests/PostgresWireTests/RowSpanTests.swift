import NIOCore
import Testing

@testable import PostgresWire

@Suite("Rows as they came")
struct RowSpanTests {
    private static let row = Transcript.message("D", [0, 2, 0, 0, 0, 1, 0x61, 255, 255, 255, 255])
    private static let rows = row + row + row

    private static func taken(_ bytes: [UInt8], columns: Int = 2) -> RowSpan? {
        var decoder = BackendDecoder()
        decoder.append(ByteBuffer(bytes: bytes))
        return decoder.nextRows(columns: columns, maximumSize: 1 << 16)
    }

    private static func values(_ span: RowSpan) -> [[String?]] {
        var rows: [[String?]] = []
        span.walk(
            rowBegan: { rows.append([]) },
            value: { rows[rows.count - 1].append($0.map { String(decoding: $0, as: UTF8.self) }) },
            rowEnded: { true })
        return rows
    }

    @Test("As many as are whole are taken at once, and what follows stays, wherever the bytes are cut")
    func whole() throws {
        for cut in 0...Self.rows.count {
            let span = Self.taken(Array(Self.rows.prefix(cut)))
            #expect(span?.count ?? 0 == cut / Self.row.count)
            if let span { #expect(Self.values(span) == Array(repeating: ["a", nil], count: span.count)) }
        }
        let span = try #require(Self.taken(Self.rows + Transcript.complete))
        #expect(span.count == 3)
    }

    @Test("A row that is taken out alone has the same values")
    func popped() throws {
        var span = try #require(Self.taken(Self.rows))
        var count = 0
        while let cells = span.popCells() {
            #expect(PostgresRow(columns: [], cells: cells).strings() == ["a", nil])
            count += 1
        }
        #expect(count == 3)
        #expect(Self.values(RowSpan(DataRow(count: 1, cells: ByteBuffer(bytes: [0, 0, 0, 1, 0x78])))) == [["x"]])
    }

    @Test("The walk ends where its reader has enough")
    func stopped() throws {
        let span = try #require(Self.taken(Self.rows))
        var seen = 0
        span.walk(
            rowBegan: { seen += 1 }, value: { _ in },
            rowEnded: { seen < 2 })
        #expect(seen == 2)
    }

    @Test(
        "A row that is not proper is not taken, whatever it claims",
        arguments: [
            [0, 1, 0, 0, 0, 1, 0x61], [0, 2, 0, 0, 0, 1, 0x61], [0, 2, 0, 0, 0, 9, 0x61, 255, 255, 255, 255],
            [0, 2, 0x7F, 255, 255, 255, 0x61, 255, 255, 255, 255], [0, 2, 255, 255, 255, 254, 255, 255, 255, 255],
            [0, 2, 0, 0, 0, 1, 0x61, 255, 255, 255, 255, 0], [0, 2], [0],
        ] as [[UInt8]])
    func improper(body: [UInt8]) {
        #expect(Self.taken(Transcript.message("D", body)) == nil)
        // Those before it are.
        #expect(Self.taken(Self.row + Transcript.message("D", body))?.count == 1)
    }
}
