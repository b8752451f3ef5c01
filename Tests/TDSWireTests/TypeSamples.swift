/// A column of each type with a value, by the tables of sections 2.2.5.4 to 2.2.5.6 of [MS-TDS], and its text.
enum TypeSamples {
    struct Sample {
        var name: String
        var type: [UInt8]
        /// The cell as it stands in a row, its length included.
        var cell: [UInt8]
        var text: String
        /// The cell of a NULL; nil where the type has none.
        var null: [UInt8]?

        init(_ name: String, _ type: [UInt8], _ cell: [UInt8], _ text: String, null: [UInt8]? = [0]) {
            self.name = name
            self.type = type
            self.cell = cell
            self.text = text
            self.null = null
        }
    }

    private static let shortNull: [UInt8] = [0xFF, 0xFF]
    private static let longNull = [UInt8](repeating: 0xFF, count: 8)
    /// Latin1_General_100_CI_AS_SC_UTF8, by its flag.
    private static let utf8: [UInt8] = [0x09, 0x04, 0xD0, 0x24, 0x00]
    private static let cyrillic: [UInt8] = [0x19, 0x04, 0xD0, 0x00, 0x00]
    private static let japanese: [UInt8] = [0x11, 0x04, 0xD0, 0x00, 0x00]

    private static func text(_ bytes: [UInt8]) -> [UInt8] { ServerBytes.short(bytes.count) + bytes }
    private static func variant(_ content: [UInt8]) -> [UInt8] { ServerBytes.long(content.count) + content }
    /// A text behind a pointer of sixteen bytes and a time stamp.
    private static func pointed(_ bytes: [UInt8]) -> [UInt8] {
        [16] + [UInt8](repeating: 7, count: 16 + 8) + ServerBytes.long(bytes.count) + bytes
    }

    static let all: [Sample] = numbers + times + texts + others

    static let numbers: [Sample] = [
        Sample("tinyint", [0x30], [200], "200", null: nil),
        Sample("smallint", [0x34], [0xFE, 0xFF], "-2", null: nil),
        Sample("int", [0x38], [0, 0, 0, 0x80], "-2147483648", null: nil),
        Sample("bigint", [0x7F], ServerBytes.longLong(UInt64.max >> 1), "9223372036854775807", null: nil),
        Sample("bit", [0x32], [1], "1", null: nil),
        Sample("tinyint null", [0x26, 1], [1, 255], "255"),
        Sample("bigint null", [0x26, 8], [8] + ServerBytes.longLong(1 << 63), "-9223372036854775808"),
        Sample("bit null", [0x68, 1], [1, 0], "0"),
        Sample("real", [0x3B], [0, 0, 0x80, 0x3F], "1", null: nil),
        Sample("real null", [0x6D, 4], [4, 0xCD, 0xCC, 0xCC, 0x3D], "0.1"),
        Sample("float null", [0x6D, 8], [8] + ServerBytes.longLong(0x3FB9_9999_9999_999A), "0.1"),
        Sample("float", [0x3E], ServerBytes.longLong(0x4415_AF1D_78B5_8C40), "1e+20", null: nil),
        Sample("money", [0x3C], [0, 0, 0, 0, 0x39, 0x30, 0, 0], "1.2345", null: nil),
        Sample("money null", [0x6E, 8], [8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "-0.0001"),
        Sample(
            "money's least", [0x6E, 8], [8, 0, 0, 0, 0x80, 0, 0, 0, 0], "-922337203685477.5808"),
        Sample("smallmoney", [0x7A], [0, 0, 0, 0x80], "-214748.3648", null: nil),
        Sample("decimal(5,2)", [0x6A, 5, 5, 2], [5, 1, 0x39, 0x30, 0, 0], "123.45"),
        Sample("decimal below one", [0x6C, 5, 5, 4], [5, 0, 7, 0, 0, 0], "-0.0007"),
        Sample("decimal zero", [0x6C, 5, 5, 2], [5, 0, 0, 0, 0, 0], "0.00"),
        Sample(
            "decimal(38,0)", [0x6A, 17, 38, 0],
            [17, 1] + ServerBytes.longLong(0x098A_223F_FFFF_FFFF) + ServerBytes.longLong(0x4B3B_4CA8_5A86_C47A),
            "99999999999999999999999999999999999999"),
    ]

    static let times: [Sample] = [
        Sample("date", [0x28], [3, 0x5B, 0x95, 0x0A], "1900-01-01"),
        Sample("date's least", [0x28], [3, 0, 0, 0], "0001-01-01"),
        Sample("date's greatest", [0x28], [3, 0xDA, 0xB9, 0x37], "9999-12-31"),
        Sample("time(0)", [0x29, 0], [3, 0x7F, 0x51, 0x01], "23:59:59"),
        Sample("time(7)", [0x29, 7], [5, 0xFF, 0xBF, 0x69, 0x2A, 0xC9], "23:59:59.9999999"),
        Sample("datetime2(3)", [0x2A, 3], [7, 0xF4, 0x01, 0, 0, 0x5B, 0x95, 0x0A], "1900-01-01T00:00:00.500"),
        // 01:30 in UTC, with 2 hours on top; and with 2 hours less, which is the day before.
        Sample(
            "datetimeoffset(0)", [0x2B, 0], [8, 0x18, 0x15, 0, 0x5B, 0x95, 0x0A, 120, 0], "1900-01-01T03:30:00+02:00"),
        Sample(
            "datetimeoffset west", [0x2B, 0], [8, 0x18, 0x15, 0, 0x5B, 0x95, 0x0A, 0x88, 0xFF],
            "1899-12-31T23:30:00-02:00"),
        Sample(
            "datetimeoffset of UTC", [0x2B, 0], [8, 0x18, 0x15, 0, 0x5B, 0x95, 0x0A, 0, 0], "1900-01-01T01:30:00Z"),
        Sample("datetime", [0x3D], ServerBytes.long(0) + ServerBytes.long(1), "1900-01-01T00:00:00.003", null: nil),
        Sample(
            "datetime's least", [0x6F, 8], [8] + ServerBytes.long(0xFFFF_2E46) + ServerBytes.long(25_919_999),
            "1753-01-01T23:59:59.997"),
        Sample("smalldatetime", [0x6F, 4], [4, 0xFF, 0xFF, 0x9F, 0x05], "2079-06-06T23:59:00"),
        Sample("smalldatetime fixed", [0x3A], [0x3B, 0, 1, 0], "1900-03-01T00:01:00", null: nil),
    ]

    static let texts: [Sample] = [
        Sample(
            "varchar", [0xA7, 10, 0] + ServerBytes.latin, text([0x63, 0x61, 0x66, 0xE9, 0x80]), "café€", null: shortNull
        ),
        Sample("varchar of UTF-8", [0xA7, 10, 0] + utf8, text(Array("žluť".utf8)), "žluť", null: shortNull),
        Sample("varchar of Cyrillic", [0xA7, 10, 0] + cyrillic, text([0xCF, 0xF0, 0xE8]), "При", null: shortNull),
        Sample(
            "varchar of Japanese", [0xA7, 10, 0] + japanese, text([0x93, 0xFA, 0x96, 0x7B, 0x41]), "日本A",
            null: shortNull),
        Sample("char", [0xAF, 3, 0] + ServerBytes.latin, text([0x61, 0x20, 0x20]), "a  ", null: shortNull),
        Sample("nvarchar", [0xE7, 20, 0] + ServerBytes.latin, text(ServerBytes.utf16("añ𝄞")), "añ𝄞", null: shortNull),
        Sample("nchar", [0xEF, 4, 0] + ServerBytes.latin, text(ServerBytes.utf16("b ")), "b ", null: shortNull),
        Sample(
            "nvarchar(max)", ServerBytes.longText,
            ServerBytes.chunks([ServerBytes.utf16("ab"), ServerBytes.utf16("c")]),
            "abc", null: longNull),
        Sample(
            "varchar(max)", [0xA7, 0xFF, 0xFF] + ServerBytes.latin, ServerBytes.chunks([[0x61, 0xE9]], total: 2), "aé",
            null: longNull),
        Sample(
            "text", [0x23] + ServerBytes.long(0x7FFF_FFFF) + ServerBytes.latin + [1] + ServerBytes.shortText("t"),
            pointed([0x61, 0xE9]), "aé"),
        Sample(
            "ntext",
            [0x63] + ServerBytes.long(0x7FFF_FFFF) + ServerBytes.latin + [2] + ServerBytes.shortText("dbo")
                + ServerBytes.shortText("t"), pointed(ServerBytes.utf16("ñ")), "ñ"),
        Sample(
            "xml", [0xF1, 0], ServerBytes.chunks([[0xFF, 0xFE] + ServerBytes.utf16("<a/>")]), "<a/>", null: longNull),
        Sample(
            "xml with a schema",
            [0xF1, 1] + ServerBytes.byteText("db") + ServerBytes.byteText("dbo") + ServerBytes.shortText("coll"),
            ServerBytes.chunks([ServerBytes.utf16("<b/>")]), "<b/>", null: longNull),
        Sample("old varchar", [0x27, 5], [2, 0x61, 0x62], "ab"),
    ]

    static let others: [Sample] = [
        Sample(
            "uniqueidentifier", [0x24, 16],
            [16] + hex("0B C9 19 6F 86 FF D0 11 B4 2D 00 C0 4F C9 64 FF"), "6F19C90B-FF86-11D0-B42D-00C04FC964FF"),
        Sample("varbinary", [0xA5, 8, 0], text([0xDE, 0xAD]), "0xDEAD", null: shortNull),
        Sample("binary", [0xAD, 2, 0], text([0, 1]), "0x0001", null: shortNull),
        Sample("varbinary(max)", [0xA5, 0xFF, 0xFF], ServerBytes.chunks([[1], [2, 3]]), "0x010203", null: longNull),
        Sample("image", [0x22] + ServerBytes.long(0x7FFF_FFFF) + [0], pointed([0xCA, 0xFE]), "0xCAFE"),
        Sample(
            "hierarchyid",
            [0xF0, 0x7C, 0x03] + ServerBytes.byteText("db") + ServerBytes.byteText("sys")
                + ServerBytes.byteText("hierarchyid") + ServerBytes.shortText("Microsoft.SqlServer.Types"),
            ServerBytes.chunks([[0x58]]), "0x58", null: longNull),
        Sample(
            "variant int", [0x62] + ServerBytes.long(8009), variant([0x38, 0, 5, 0, 0, 0]), "5",
            null: ServerBytes.long(0)),
        Sample(
            "variant nvarchar", [0x62] + ServerBytes.long(8009),
            variant([0xE7, 7] + ServerBytes.latin + ServerBytes.short(8000) + ServerBytes.utf16("é")), "é",
            null: ServerBytes.long(0)),
        Sample(
            "variant varchar", [0x62] + ServerBytes.long(8009),
            variant([0xA7, 7] + ServerBytes.latin + ServerBytes.short(8000) + [0xE9]), "é", null: ServerBytes.long(0)),
        Sample(
            "variant decimal", [0x62] + ServerBytes.long(8009), variant([0x6C, 2, 5, 2, 1, 0x39, 0x30, 0, 0]), "123.45",
            null: ServerBytes.long(0)),
        Sample(
            "variant time", [0x62] + ServerBytes.long(8009), variant([0x29, 1, 0, 0x7F, 0x51, 0x01]), "23:59:59",
            null: ServerBytes.long(0)),
        Sample(
            "variant datetime", [0x62] + ServerBytes.long(8009),
            variant([0x3D, 0] + ServerBytes.long(0) + ServerBytes.long(0)), "1900-01-01T00:00:00.000",
            null: ServerBytes.long(0)),
        Sample(
            "variant varbinary", [0x62] + ServerBytes.long(8009), variant([0xA5, 2, 8, 0, 0xBE, 0xEF]), "0xBEEF",
            null: ServerBytes.long(0)),
    ]

    static var columns: [UInt8] { ServerBytes.columns(all.map { ServerBytes.column($0.name, $0.type) }) }
    static var row: [UInt8] { [0xD1] + all.flatMap(\.cell) }
    /// Every value NULL that can be, in a row without a bitmap.
    static var emptyRow: [UInt8] { [0xD1] + all.flatMap { $0.null ?? $0.cell } }

    /// The same as a row with a bitmap, [MS-TDS] section 2.2.7.15.
    static var sparseRow: [UInt8] {
        var bitmap = [UInt8](repeating: 0, count: (all.count + 7) / 8)
        var cells: [UInt8] = []
        for (index, sample) in all.enumerated() {
            if sample.null == nil { cells += sample.cell } else { bitmap[index / 8] |= 1 << (index % 8) }
        }
        return [0xD2] + bitmap + cells
    }
}
