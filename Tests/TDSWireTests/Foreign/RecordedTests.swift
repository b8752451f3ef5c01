import Foundation
import NIOCore
import Testing

@testable import TDSWire

/// What FreeTDS and python-tds sent when they were recorded (`Tests/StandIns/recorded`), and what this client sends.
@Suite("What clients of others send")
struct RecordedTests {
    enum Client: String, CaseIterable, Sendable {
        case freeTDS = "freetds"
        case pythonTDS = "python-tds"

        /// The packets, without their headers.
        func bodies() throws -> [[UInt8]] {
            let file = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../StandIns/recorded/\(rawValue).hex").standardized
            return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
                Array(hex(String($0)).dropFirst(8))
            }
        }
    }

    /// The texts and flags of a LOGIN7, by the table of section 2.2.6.4.
    private struct Fields {
        let bytes: [UInt8]

        func number(at index: Int, _ count: Int) -> Int {
            (0..<count).reversed().reduce(0) { $0 << 8 | Int(bytes[index + $1]) }
        }

        /// The raw bytes of the text in this place of the table, of `unit` bytes a unit.
        func raw(_ place: Int, unit: Int = 2) -> [UInt8] {
            let offset = number(at: 36 + 4 * place, 2)
            return Array(bytes[offset..<(offset + unit * number(at: 38 + 4 * place, 2))])
        }

        func text(_ place: Int) -> String {
            var buffer = ByteBuffer(bytes: raw(place))
            return buffer.readUTF16(units: buffer.readableBytes / 2) ?? ""
        }

        /// The identifiers of the features that are asked for.
        var features: [UInt8] {
            var index = number(at: number(at: 36 + 4 * 5, 2), 4)
            var found: [UInt8] = []
            while bytes[index] != 0xFF {
                found.append(bytes[index])
                index += 5 + number(at: index + 1, 4)
            }
            return found
        }
    }

    private static var ours: Fields {
        get throws {
            let configuration = TDSConnection.Configuration(
                username: "ann", password: "p@ss wörd", database: "shop", server: "127.0.0.1", application: "shop",
                encryption: .loginAlone)
            var buffer = ByteBuffer()
            try configuration.plan().login.encode(into: &buffer)
            return Fields(bytes: Array(buffer.readableBytesView))
        }
    }

    @Test("Their PRELOGIN is read by ours", arguments: Client.allCases)
    func preLogin(_ client: Client) throws {
        let read = try #require(PreLogin(ByteBuffer(bytes: try client.bodies()[0])))
        #expect(read.encryption == (client == .freeTDS ? .off : .notSupported))
        #expect(read.instance == Array("MSSQLServer\0".utf8) || read.instance == Array("MSSQLServer".utf8))
    }

    @Test("LOGIN7 agrees field by field", arguments: Client.allCases)
    func login(_ client: Client) throws {
        let theirs = Fields(bytes: try client.bodies()[1])
        let ours = try Self.ours
        #expect(ours.number(at: 0, 4) == ours.bytes.count)
        #expect(theirs.number(at: 0, 4) == theirs.bytes.count)
        // TDS 7.4; the texts begin behind the table.
        #expect(ours.number(at: 4, 4) == theirs.number(at: 4, 4))
        #expect(ours.number(at: 36, 2) == theirs.number(at: 36, 2))
        // ODBC's settings and a fatal language.
        #expect(ours.bytes[25] & 0x02 == theirs.bytes[25] & 0x02)
        #expect(ours.text(1) == "ann")
        #expect(theirs.text(1) == "ann")
        #expect(ours.raw(2) == theirs.raw(2), "the password, disguised")
        #expect(ours.text(4) == theirs.text(4), "the server's name")
        #expect(ours.text(8) == "shop")
        #expect(theirs.text(8) == "shop")
        #expect(ours.features == [0x0A])
        switch client {
        case .pythonTDS: #expect(ours.text(3) == theirs.text(3))
        case .freeTDS:
            // An extension, its pointer, and that UTF-8 is taken as such.
            #expect(ours.bytes[27] & 0x10 == theirs.bytes[27] & 0x10)
            #expect(ours.raw(5, unit: 1).count == theirs.raw(5, unit: 1).count)
            #expect(theirs.features.contains(0x0A))
        }
    }

    @Test("A batch is the same, byte for byte")
    func batch() throws {
        var ours = ByteBuffer()
        Request.batch("select id from orders").encode(into: &ours, transaction: 0)
        #expect(Array(ours.readableBytesView) == (try Client.pythonTDS.bodies()[2]))
        // FreeTDS's program adds the line's end that was typed.
        Request.batch("\n").encode(into: &ours, transaction: 0)
        let typed = try Client.freeTDS.bodies()[2]
        #expect(typed.starts(with: ours.readableBytesView.prefix(64)))
    }

    @Test("A call of sp_executesql has the same frame, and parameters of the same form")
    func call() throws {
        let theirs = try Client.pythonTDS.bodies()[3]
        var buffer = ByteBuffer()
        Request.call(.executeSQL, [TDSParameter("", .text(String(repeating: "x", count: 4001)))])
            .encode(into: &buffer, transaction: 0)
        let ours = Array(buffer.readableBytesView)
        // The headers, the procedure's number, the options, a parameter without a name, nvarchar(max) and its collation.
        #expect(Array(ours[..<38]) == Array(theirs[..<38]))
        var parameter = ByteBuffer()
        TDSParameter("@P1", .integer(2)).encode(into: &parameter)
        // Theirs is an int, ours a bigint: the name, the status and the type's number are the same.
        #expect(Array(theirs.suffix(15).prefix(9)) == Array(parameter.readableBytesView.prefix(9)))
    }
}
