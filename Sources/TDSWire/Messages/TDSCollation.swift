/// How texts are compared and, where they have one byte a character, written ([MS-TDS] section 2.2.5.1.2).
public struct TDSCollation: Hashable, Sendable {
    /// The language in the lower twenty bits, then flags, then a version.
    public var info: UInt32
    /// The number of one of the old collations of SQL Server; 0 for those of Windows.
    public var sortID: UInt8

    /// A collation of these parts.
    public init(info: UInt32, sortID: UInt8) {
        self.info = info
        self.sortID = sortID
    }

    init?(_ bytes: [UInt8]) {
        guard bytes.count == 5 else { return nil }
        info = bytes[..<4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        sortID = bytes[4]
    }

    /// Whether texts are UTF-8 (collations that end in `_UTF8`, since SQL Server 2019).
    public var isUTF8: Bool { info & 0x0400_0000 != 0 }

    /// The code page in which texts of one byte a character are written.
    public var codePage: CodePage {
        if isUTF8 { return .utf8 }
        return sortID == 0 ? Self.codePage(ofLanguage: info & 0xFFFFF) : Self.codePage(ofSortID: sortID)
    }

    /// The code pages of the collations whose names begin with `SQL_` (the table "SQL Server collation name" of the
    /// manual).
    private static func codePage(ofSortID sortID: UInt8) -> CodePage {
        switch sortID {
        case 30...34: .cp437
        case 40...49, 55...61: .cp850
        case 80...98: .cp1250
        case 104...108: .cp1251
        case 112...124: .cp1253
        case 128...130: .cp1254
        case 136...138: .cp1255
        case 144...146: .cp1256
        case 152...160: .cp1257
        case 192, 193, 200: .cp932
        case 194, 195, 201: .cp949
        case 196, 197, 202: .cp950
        case 198, 199, 203: .cp936
        case 204...206: .cp874
        default: .cp1252
        }
    }

    /// The code pages of Windows' languages ([MS-LCID]). The lower ten bits are the language itself, what stands above
    /// them the country.
    private static func codePage(ofLanguage language: UInt32) -> CodePage {
        switch language {
        // Chinese of Taiwan, Hong Kong and Macau; of the People's Republic and Singapore below.
        case 0x0404, 0x0C04, 0x1404, 0x30404, 0x20C04, 0x21404: return .cp950
        case 0x281A, 0x1C1A, 0x0C1A, 0x201A, 0x082C, 0x0843: return .cp1251  // Cyrillic of otherwise Latin languages
        case 0x101A, 0x141A, 0x081A: return .cp1250
        default: break
        }
        switch language & 0x3FF {
        case 0x01, 0x20, 0x29, 0x80, 0x8C: return .cp1256  // Arabic, Urdu, Persian, Uighur, Dari
        case 0x02, 0x19, 0x22, 0x23, 0x2F, 0x3F, 0x40, 0x44, 0x50, 0x6D, 0x85, 0x28: return .cp1251
        case 0x04: return .cp936
        case 0x05, 0x0E, 0x15, 0x18, 0x1A, 0x1B, 0x1C, 0x24, 0x42: return .cp1250
        case 0x08: return .cp1253
        case 0x0D: return .cp1255
        case 0x11: return .cp932
        case 0x12: return .cp949
        case 0x1E: return .cp874
        case 0x1F, 0x2C, 0x43: return .cp1254
        case 0x25, 0x26, 0x27: return .cp1257
        case 0x2A: return .cp1258
        default: return .cp1252
        }
    }
}

/// The code pages that collations use.
public enum CodePage: String, Sendable, CaseIterable {
    case utf8 = "UTF-8"
    case cp437 = "CP437"
    case cp850 = "CP850"
    case cp874 = "CP874"
    case cp932 = "CP932"
    case cp936 = "CP936"
    case cp949 = "CP949"
    case cp950 = "CP950"
    case cp1250 = "CP1250"
    case cp1251 = "CP1251"
    case cp1252 = "CP1252"
    case cp1253 = "CP1253"
    case cp1254 = "CP1254"
    case cp1255 = "CP1255"
    case cp1256 = "CP1256"
    case cp1257 = "CP1257"
    case cp1258 = "CP1258"

    /// Whether a character can have two bytes.
    var isDouble: Bool {
        switch self {
        case .cp932, .cp936, .cp949, .cp950: true
        case .utf8, .cp437, .cp850, .cp874, .cp1250, .cp1251, .cp1252, .cp1253, .cp1254, .cp1255, .cp1256, .cp1257,
            .cp1258:
            false
        }
    }
}
