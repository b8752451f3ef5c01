import NIOCore
import Testing

@testable import TDSWire

@Suite("The worked examples of [MS-TDS], section 4")
struct ExamplesTests {
    private func body(_ packet: [UInt8]) -> ByteBuffer { ByteBuffer(bytes: packet.dropFirst(8)) }

    private func tokens(_ packet: [UInt8]) throws -> (tokens: [Token], rows: [RowSpan]) {
        var bytes = ByteBuffer(bytes: packet)
        var packets = PacketDecoder()
        var decoder = TokenDecoder()
        var hasEnded = false
        try decoder.append { buffer throws(DecodingFailure) in
            hasEnded = try packets.decode(&bytes, into: &buffer)
        }
        #expect(hasEnded)
        var tokens: [Token] = []
        var rows: [RowSpan] = []
        let limits = TokenDecoder.Limits(row: 1 << 20)
        while true {
            if let span = try decoder.nextRows(limits) { rows.append(span) }
            guard let token = try decoder.next(limits) else { break }
            tokens.append(token)
        }
        #expect(decoder.bufferedBytes == 0)
        return (tokens, rows)
    }

    @Test("4.1: a PRELOGIN is read, and ours has the same form")
    func preLogin() throws {
        let read = try #require(PreLogin(body(Examples.preLogin)))
        #expect(read.version == TDSVersionNumber(major: 9, minor: 0, build: 0))
        #expect(read.encryption == .on)
        #expect(read.instance == [0])
        var ours = ByteBuffer()
        PreLogin(version: read.version, encryption: .on).encode(into: &ours)
        var expected = Array(Examples.preLogin.dropFirst(8))
        // The example has a sub-build of 1, a thread and several sessions on a connection.
        expected.replaceSubrange(30..<32, with: [0, 0])
        expected.replaceSubrange(34..<39, with: [0, 0, 0, 0, 0])
        #expect(Array(ours.readableBytesView).count == expected.count)
        #expect(Array(ours.readableBytesView.prefix(26)) == Array(expected.prefix(26)))
    }

    @Test("4.2: the fixed part of LOGIN7 has each field where the example has it")
    func login() throws {
        var login = Login7()
        login.processID = 0x100
        login.host = "skostov1"
        login.username = "sa"
        login.application = "OSQL-32"
        login.library = "ODBC"
        var ours = ByteBuffer()
        login.encode(into: &ours)
        let theirs = Array(Examples.login.dropFirst(8))
        let bytes = Array(ours.readableBytesView)
        // Length, version, the sizes and flags.
        #expect(bytes[8..<24] == theirs[8..<24])
        #expect(bytes[24..<26] == theirs[24..<26])
        #expect(bytes[28..<36] == theirs[28..<36])
        // Host, user, password and program lie alike; what follows is moved by the pointer to the extension.
        #expect(bytes[36..<52] == theirs[36..<52])
        #expect(bytes[94..<128] == theirs[94..<128])
        func text(_ entry: Int) -> String? {
            let offset = Int(bytes[36 + 4 * entry]) | Int(bytes[37 + 4 * entry]) << 8
            let units = Int(bytes[38 + 4 * entry]) | Int(bytes[39 + 4 * entry]) << 8
            var part = ByteBuffer(bytes: bytes[offset..<(offset + 2 * units)])
            return part.readUTF16(units: units)
        }
        #expect(text(0) == "skostov1")
        #expect(text(1) == "sa")
        #expect(text(3) == "OSQL-32")
        #expect(text(6) == "ODBC")
        #expect(ours.getInteger(at: 0, endianness: .little, as: UInt32.self) == UInt32(bytes.count))
    }

    @Test("4.4: the answer to a login opens the session")
    func loginResponse() throws {
        let (tokens, _) = try tokens(Examples.loginResponse)
        let changed = TDSServerMessage(
            number: 5701, state: 2, severity: 0, text: "Changed database context to 'master'.")
        let language = TDSServerMessage(
            number: 5703, state: 1, severity: 0, text: "Changed language setting to us_english.")
        #expect(
            tokens == [
                .environment(.database("master")), .info(changed),
                .environment(.collation(TDSCollation(info: 0x00D0_0409, sortID: 0x34))),
                .environment(.language("us_english")), .environment(.packetSize(4096)), .info(language),
                .loginAccepted(
                    LoginAcknowledgement(
                        tdsVersion: 0x7209_0002, program: "Microsoft SQL Server",
                        version: TDSVersionNumber(major: 0, minor: 0, build: 0))),
                .done(Done(status: [], command: 0, rows: 0)),
            ])
    }

    @Test("4.6: a batch of the same text is the same but for the transaction's count")
    func batch() {
        var ours = ByteBuffer()
        Request.batch("\nselect 'foo' as 'bar'\n        ").encode(into: &ours, transaction: 0x0100_0000_0000_0000)
        var message = ByteBuffer()
        message.writeMessage(.batch, ours, packetSize: 4096)
        var bytes = Array(message.readableBytesView)
        // The example has 0 requests that are outstanding; a session without several at once has 1.
        #expect(bytes[26] == 1)
        bytes[26] = 0
        #expect(bytes == Examples.batch)
    }

    @Test("4.7: a result is read")
    func batchResponse() throws {
        let (tokens, rows) = try tokens(Examples.batchResponse)
        let type = TDSType(.varChar, length: 3, collation: TDSCollation(info: 0x00D0_0409, sortID: 0x34))
        #expect(
            tokens == [
                .columns([TDSColumn(name: "bar", type: type, isNullable: false)]),
                .done(Done(status: .count, command: 0xC1, rows: 1)),
            ])
        var values: [String] = []
        var text = TDSText()
        rows.first?.walk(
            rowBegan: {},
            value: { _, bytes in
                guard let bytes else { return }
                text.read(bytes, as: type)
                values.append(String(decoding: text.utf8, as: UTF8.self))
            }, rowEnded: { true })
        #expect(values == ["foo"])
    }

    @Test("4.8: a call of a procedure begins with the same headers")
    func call() {
        var ours = ByteBuffer()
        Request.call(.executeSQL, []).encode(into: &ours, transaction: 0x0100_0000_0000_0000)
        var message = ByteBuffer()
        message.writeMessage(.call, ours, packetSize: 4096)
        let bytes = Array(message.readableBytesView)
        #expect(bytes[0..<2] == Examples.call[0..<2])
        #expect(bytes[8..<26] == Examples.call[8..<26])
        // A number in place of a name, then the options.
        #expect(bytes[30...] == [0xFF, 0xFF, 10, 0, 0, 0])
    }

    @Test("4.9: what a procedure gives without rows is read")
    func callResponse() throws {
        let (tokens, _) = try tokens(Examples.callResponse)
        #expect(
            tokens == [
                .done(Done(status: [.count, .more], command: 0xC1, rows: 1, isInner: true)), .returnStatus(0),
                .done(Done(status: [], command: 0xE0, rows: 0)),
            ])
    }

    @Test("4.10: an attention is a header alone")
    func attention() {
        var message = ByteBuffer()
        message.writeMessage(.attention, ByteBuffer(), packetSize: 4096)
        #expect(Array(message.readableBytesView) == Examples.attention)
    }

    @Test(
        "A password is disguised as section 2.2.6.4 says",
        arguments: [("a", [0xB3, 0xA5]), ("X9", [0x20, 0xA5, 0x36, 0xA5])])
    func password(_ text: String, _ bytes: [UInt8]) {
        #expect(Login7.obfuscated(Array(text.utf16).littleEndianBytes) == bytes)
    }
}
