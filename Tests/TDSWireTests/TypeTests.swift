import NIOCore
import Testing

@testable import TDSWire

@Suite("Every type, by the tables of [MS-TDS]")
struct TypeTests {
    @Test("is read to the last digit, and NULL in both kinds of row")
    func everyType() throws {
        let rig = try Rig.open()
        let rows = rig.query()
        try rig.receive(
            ServerBytes.packets(
                TypeSamples.columns + TypeSamples.row + TypeSamples.emptyRow + TypeSamples.sparseRow
                    + ServerBytes.done(0x10, rows: 3), size: 900))
        let read = try rig.read(rows)
        try #require(read.count == 3)
        for (index, sample) in TypeSamples.all.enumerated() {
            #expect(read[0][index] == sample.text, "\(sample.name)")
            #expect(read[1][index] == (sample.null == nil ? sample.text : nil), "\(sample.name)")
            #expect(read[2][index] == read[1][index], "\(sample.name)")
        }
    }

    @Test("The samples' text comes out of a row that is cut anywhere")
    func splitAnywhere() throws {
        let answer = ServerBytes.packet(
            TypeSamples.columns + TypeSamples.row + ServerBytes.done(0x10, rows: 1))
        for cut in stride(from: 1, to: answer.count, by: 7) {
            let rig = try Rig.open()
            let rows = rig.query()
            try rig.receive(answer[..<cut])
            try rig.receive(answer[cut...])
            #expect(try rig.read(rows).first == TypeSamples.all.map(\.text))
        }
    }

    @Test(
        "What is no character counts, and does not stop the rest",
        arguments: [
            ([0x61, 0, 0x00, 0xD8, 0x62, 0] as [UInt8], TDSType(.nVarChar, length: 8), [0x61, 0xFF, 0x62] as [UInt8]),
            ([0x61, 0, 0x62], TDSType(.nVarChar, length: 8), [0x61, 0xFF]),
            (
                [0x81, 0x61], TDSType(.varChar, length: 8, collation: TDSCollation(info: 0x409, sortID: 0x34)),
                [0xC2, 0x81, 0x61]
            ),
            (
                [0x61, 0x81], TDSType(.varChar, length: 8, collation: TDSCollation(info: 0x411, sortID: 0)),
                [0x61, 0xFF]
            ),
        ])
    func invalidText(_ bytes: [UInt8], _ type: TDSType, _ expected: [UInt8]) {
        var text = TDSText()
        bytes.withUnsafeBytes { _ = text.read($0, as: type) }
        #expect(text.utf8 == expected)
    }

    @Test(
        "Values that no server writes are no values",
        arguments: [
            ([0x62, 0] as [UInt8], TDSType(.variant, length: 8009)), ([0x38], TDSType(.variant, length: 8009)),
            ([0x38, 200], TDSType(.variant, length: 8009)), ([0x29, 1, 9, 0, 0, 0], TDSType(.variant, length: 8009)),
            ([0xFF, 0xFF, 0xFF], TDSType(.date, length: 3)), ([0xFF, 0xFF, 0xFF], TDSType(.time, length: 3, scale: 0)),
            ([1, 2], TDSType(.float, length: 8)), ([1, 2, 3], TDSType(.uniqueIdentifier, length: 16)),
        ])
    func improper(_ bytes: [UInt8], _ type: TDSType) {
        var text = TDSText()
        #expect(bytes.withUnsafeBytes { text.read($0, as: type) } == false)
        #expect(text.utf8.isEmpty)
    }

    @Test(
        "Each code page is known to this machine and has its own letters",
        arguments: [
            (CodePage.cp437, [0x80] as [UInt8], "Ç"), (.cp850, [0x9D], "Ø"), (.cp874, [0xA1], "ก"),
            (.cp936, [0xD6, 0xD0], "中"),
            (.cp949, [0xC7, 0xD1], "한"), (.cp950, [0xA4, 0xA4], "中"), (.cp932, [0x8A, 0xBF], "漢"),
            (.cp1250, [0xE8], "č"),
            (.cp1251, [0xC6], "Ж"), (.cp1252, [0x80], "€"), (.cp1253, [0xD9], "Ω"), (.cp1254, [0xDE], "Ş"),
            (.cp1255, [0xE0], "א"), (.cp1256, [0xC8], "ب"), (.cp1257, [0xE0], "ą"), (.cp1258, [0xD0], "Đ"),
            (.utf8, [0xC3, 0xA9], "é"),
        ])
    func codePages(_ page: CodePage, _ bytes: [UInt8], _ letter: String) {
        var text: [UInt8] = []
        bytes.withUnsafeBytes { CodePageDecoder(page).append($0, to: &text) }
        #expect(String(decoding: text, as: UTF8.self) == letter)
    }

    @Test(
        "Collations name their code page",
        arguments: [
            (UInt32(0x00D0_0409), UInt8(0x34), CodePage.cp1252), (0x00D0_0405, 0, .cp1250), (0x00D0_0419, 0, .cp1251),
            (0x00D0_0408, 0, .cp1253), (0x00D0_041F, 0, .cp1254), (0x00D0_040D, 0, .cp1255), (0x00D0_0401, 0, .cp1256),
            (0x00D0_0427, 0, .cp1257), (0x00D0_042A, 0, .cp1258), (0x00D0_041E, 0, .cp874), (0x00D0_0411, 0, .cp932),
            (0x00D0_0804, 0, .cp936), (0x00D0_0412, 0, .cp949), (0x00D0_0404, 0, .cp950), (0x24D0_0409, 0, .utf8),
            (0x0000_0409, 30, .cp437), (0x0000_0409, 40, .cp850), (0x00D0_081A, 0, .cp1250), (0x00D0_0C1A, 0, .cp1251),
        ])
    func collations(_ info: UInt32, _ sortID: UInt8, _ page: CodePage) {
        #expect(TDSCollation(info: info, sortID: sortID).codePage == page)
    }
}
