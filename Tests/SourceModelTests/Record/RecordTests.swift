import SourceModel
import Testing

@Suite("Records have identifiers and names")
struct RecordTests {
    @Test("identifiers sort by the time of creation")
    func order() {
        var dice = Dice(seed: 7)
        var ids: [RecordID] = []
        for step: UInt64 in 0..<500 {
            ids.append(RecordID.make(milliseconds: 1_700_000_000_000 + step * 997, random: &dice))
        }
        #expect(ids.shuffled(using: &dice).sorted() == ids)
        #expect(Set(ids).count == ids.count)
    }

    @Test("identifiers have the form of RFC 9562's version 7", arguments: [0, 1, 1_700_000_000_000, 0xFFFF_FFFF_FFFF])
    func form(_ time: UInt64) throws {
        var dice = Dice(seed: 1)
        let text = RecordID.make(milliseconds: time, random: &dice).text
        #expect(text.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
        let digits = Array(text.filter { $0 != "-" })
        #expect(digits.allSatisfy { $0.isHexDigit && !$0.isUppercase })
        #expect(digits[12] == "7")
        #expect("89ab".contains(digits[16]))
        #expect(UInt64(String(digits.prefix(12)), radix: 16) == time)
        #expect(RecordID("AB-C") == RecordID("ab-c"))
    }

    @Test("a record without a name is called by its driver and the end of its identifier")
    func defaultName() {
        let id = RecordID("0190a6c8-7b1e-7000-8000-0123456789ab")
        #expect(Record.defaultName(driver: .mysql, id: id) == "mysql-456789ab")
    }
}
