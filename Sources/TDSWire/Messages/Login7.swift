import NIOCore

/// The login ([MS-TDS] section 2.2.6.4).
struct Login7: Sendable {
    /// What the password is kept in: it is not printed.
    struct Secret: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
        let text: String
        var description: String { "********" }
        var customMirror: Mirror { Mirror(self, children: [:]) }
    }

    /// The protocol's version as it stands in the message.
    enum Version: UInt32, Sendable {
        /// TDS 7.4, since SQL Server 2012.
        case v74 = 0x7400_0004
        /// TDS 8.0, since SQL Server 2022.
        case v80 = 0x0800_0000
    }

    var version = Version.v74
    /// Bytes of a packet that the client asks for.
    var packetSize: UInt32 = 4096
    var processID: UInt32 = 0
    /// This machine's name, as the server lists it.
    var host = ""
    var username = ""
    var password = Secret(text: "")
    var application = ""
    /// The server's name, as the client knows it: a front of many servers goes by it.
    var server = ""
    /// The client library's name.
    var library = ""
    var language = ""
    var database = ""
    /// The client means to read only: a replica will do.
    var readOnlyIntent = false

    /// The offset of the first text: the fixed part's length.
    private static let fixedSize = 94
    /// UTF8_SUPPORT: columns of UTF-8 collations come as UTF-8. No data, then the terminator.
    private static let features: [UInt8] = [0x0A, 0, 0, 0, 0, 0xFF]

    /// Writes the message's body.
    func encode(into buffer: inout ByteBuffer) {
        var texts = ByteBuffer()
        var table = ByteBuffer()
        func place(_ text: [UInt8], units: Int) {
            table.writeMultipleIntegers(
                UInt16(truncatingIfNeeded: Self.fixedSize + texts.writerIndex), UInt16(truncatingIfNeeded: units),
                endianness: .little)
            texts.writeBytes(text)
        }
        func place(_ text: String) {
            let units = Array(text.utf16)
            place(units.littleEndianBytes, units: units.count)
        }
        place(host)
        place(username)
        let secret = Array(password.text.utf16)
        place(Self.obfuscated(secret.littleEndianBytes), units: secret.count)
        place(application)
        place(server)
        // Extension: four bytes that say where the features stand, which is after all texts.
        let pointer = texts.writerIndex
        place([0, 0, 0, 0], units: 4)
        place(library)
        place(language)
        place(database)
        table.writeBytes([UInt8](repeating: 0, count: 6))  // the client's identity, of no use to a server
        for _ in 0..<3 { place([], units: 0) }  // SSPI, a file to attach, a new password
        table.writeInteger(UInt32(0))

        let end = Self.fixedSize + texts.writerIndex
        texts.setInteger(UInt32(truncatingIfNeeded: end), at: pointer, endianness: .little)
        texts.writeBytes(Self.features)
        buffer.writeMultipleIntegers(
            UInt32(truncatingIfNeeded: Self.fixedSize + texts.readableBytes), version.rawValue, packetSize,
            UInt32(0x0700_0000), processID, UInt32(0), endianness: .little)
        // Flags 1: tell of the database, fail where it cannot be used, tell of the language. Flags 2: the language must
        // be there, and ANSI settings as of ODBC. Type: the intent. Flags 3: unknown collations are no error, extension.
        buffer.writeBytes([0xE0, 0x03, readOnlyIntent ? 0x20 : 0, 0x18])
        buffer.writeMultipleIntegers(Int32(0), UInt32(0x0409), endianness: .little)
        buffer.writeBuffer(&table)
        buffer.writeBuffer(&texts)
    }

    /// Each byte with its halves swapped, then combined with 0xA5: it hides nothing from anybody.
    static func obfuscated(_ bytes: [UInt8]) -> [UInt8] { bytes.map { ($0 << 4 | $0 >> 4) ^ 0xA5 } }
}

extension [UInt16] {
    /// The units as UTF-16LE.
    var littleEndianBytes: [UInt8] { flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } }
}
