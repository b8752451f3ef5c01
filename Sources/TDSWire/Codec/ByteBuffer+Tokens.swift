import NIOCore

extension ByteBuffer {
    /// Reads UTF-16LE; a unit without its partner becomes U+FFFD.
    mutating func readUTF16(units: Int) -> String? {
        guard let bytes = readSlice(length: units * 2) else { return nil }
        return bytes.withUnsafeReadableBytes { raw in
            let units = (0..<units).map {
                UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self))
            }
            return String(decoding: units, as: UTF16.self)
        }
    }

    /// B_VARCHAR: one byte of length in units ([MS-TDS] section 2.2.5.1.2).
    mutating func readByteText() -> String? {
        guard let units: UInt8 = readInteger() else { return nil }
        return readUTF16(units: Int(units))
    }

    /// US_VARCHAR: two bytes of length in units.
    mutating func readShortText() -> String? {
        guard let units: UInt16 = readInteger(endianness: .little) else { return nil }
        return readUTF16(units: Int(units))
    }

    /// Reads one column's description.
    ///
    /// - Returns: nil until its bytes are there.
    mutating func readColumn() throws(DecodingFailure) -> TDSColumn? {
        guard let (userType, flags) = readMultipleIntegers(endianness: .little, as: (UInt32, UInt16).self),
            let type = try readTypeInfo()
        else { return nil }
        switch type.code {
        case .text, .nText, .image:
            // The table's name in its parts.
            guard let parts: UInt8 = readInteger() else { return nil }
            for _ in 0..<parts {
                guard readShortText() != nil else { return nil }
            }
        default: break
        }
        guard let name = readByteText() else { return nil }
        return TDSColumn(name: name, type: type, isNullable: flags & 1 != 0, userType: userType)
    }

    /// Reads TYPE_INFO ([MS-TDS] section 2.2.5.6).
    ///
    /// - Returns: nil until its bytes are there.
    mutating func readTypeInfo() throws(DecodingFailure) -> TDSType? {
        guard let number: UInt8 = readInteger() else { return nil }
        guard let code = TDSTypeCode(rawValue: number) else { throw .malformed(number) }
        switch code {
        case .null: return TDSType(code, length: 0)
        case .int1, .bit: return TDSType(code, length: 1)
        case .int2: return TDSType(code, length: 2)
        case .int4, .smallDateTime, .real, .smallMoney: return TDSType(code, length: 4)
        case .money, .dateTime, .float, .int8: return TDSType(code, length: 8)
        case .date: return TDSType(code, length: 3)
        case .uniqueIdentifier, .intN, .bitN, .floatN, .moneyN, .dateTimeN, .oldVarBinary, .oldVarChar, .oldBinary,
            .oldChar:
            return readInteger(as: UInt8.self).map { TDSType(code, length: Int($0)) }
        case .time, .dateTime2, .dateTimeOffset:
            guard let scale: UInt8 = readInteger() else { return nil }
            guard scale <= 7 else { throw .malformed(number) }
            return TDSType(code, length: 0, scale: scale)
        case .decimalN, .numericN, .oldDecimal, .oldNumeric:
            guard let (length, precision, scale) = readMultipleIntegers(as: (UInt8, UInt8, UInt8).self) else {
                return nil
            }
            guard precision <= 38, scale <= precision else { throw .malformed(number) }
            return TDSType(code, length: Int(length), precision: precision, scale: scale)
        case .varBinary, .varChar, .binary, .char, .nVarChar, .nChar: return readTextType(code)
        case .text, .nText, .image, .variant: return readLongType(code)
        case .xml: return readXMLType()
        case .userDefined:
            guard readInteger(as: UInt16.self) != nil, readByteText() != nil, readByteText() != nil,
                let name = readByteText(), readShortText() != nil
            else { return nil }
            return TDSType(code, length: 0, isLong: true, userTypeName: name)
        }
    }

    private mutating func readTextType(_ code: TDSTypeCode) -> TDSType? {
        guard let length: UInt16 = readInteger(endianness: .little) else { return nil }
        var type = TDSType(code, length: Int(length), isLong: length == .max)
        if code != .varBinary && code != .binary {
            guard let bytes = readBytes(length: 5) else { return nil }
            type.collation = TDSCollation(bytes)
        }
        return type
    }

    private mutating func readLongType(_ code: TDSTypeCode) -> TDSType? {
        guard let length: UInt32 = readInteger(endianness: .little) else { return nil }
        var type = TDSType(code, length: Int(length))
        if code == .text || code == .nText {
            guard let bytes = readBytes(length: 5) else { return nil }
            type.collation = TDSCollation(bytes)
        }
        return type
    }

    private mutating func readXMLType() -> TDSType? {
        guard let hasSchema: UInt8 = readInteger() else { return nil }
        if hasSchema != 0 {
            guard readByteText() != nil, readByteText() != nil, readShortText() != nil else { return nil }
        }
        return TDSType(.xml, length: 0, isLong: true)
    }
}

extension TDSServerMessage {
    init?(_ body: inout ByteBuffer) {
        guard
            let (number, state, severity) = body.readMultipleIntegers(
                endianness: .little, as: (Int32, UInt8, UInt8).self),
            let text = body.readShortText(), let server = body.readByteText(), let procedure = body.readByteText(),
            let line: UInt32 = body.readInteger(endianness: .little)
        else { return nil }
        self.init(
            number: number, state: state, severity: severity, text: text, server: server, procedure: procedure,
            line: line)
    }
}

extension LoginAcknowledgement {
    init?(_ body: inout ByteBuffer) {
        // The interface; the version in network order, as no other number.
        guard body.readInteger(as: UInt8.self) != nil, let version: UInt32 = body.readInteger(),
            let program = body.readByteText(),
            let (major, minor, build) = body.readMultipleIntegers(as: (UInt8, UInt8, UInt16).self)
        else { return nil }
        tdsVersion = version
        // The field is padded with NULs.
        self.program = String(program.prefix { $0 != "\0" })
        self.version = TDSVersionNumber(major: major, minor: minor, build: build)
    }
}

extension EnvironmentChange {
    init?(_ body: inout ByteBuffer) {
        guard let type: UInt8 = body.readInteger() else { return nil }
        switch type {
        case 1, 2, 4:
            guard let value = body.readByteText() else { return nil }
            switch type {
            case 1: self = .database(value)
            case 2: self = .language(value)
            default:
                guard let size = Int(value) else { return nil }
                self = .packetSize(size)
            }
        case 7:
            guard let length: UInt8 = body.readInteger(), let bytes = body.readBytes(length: Int(length)) else {
                return nil
            }
            self = TDSCollation(bytes).map { .collation($0) } ?? .other(type)
        case 8, 11:
            guard let length: UInt8 = body.readInteger(), length == 8,
                let descriptor: UInt64 = body.readInteger(endianness: .little)
            else { return nil }
            self = .transactionBegun(descriptor)
        case 9: self = .transactionCommitted
        case 10: self = .transactionRolledBack
        // The transaction has ended, in a way that is not told: whoever counts on a rollback has to take it for the other.
        case 12, 17: self = .transactionCommitted
        case 18: self = .reset
        case 20:
            guard let routing = TDSRouting(&body) else { return nil }
            self = .routing(routing)
        default: self = .other(type)
        }
    }
}

extension TDSRouting {
    /// The value of ENVCHANGE 20: its length, the protocol (0 for TCP), the port, the server.
    init?(_ body: inout ByteBuffer) {
        guard body.readInteger(as: UInt16.self) != nil, let scheme: UInt8 = body.readInteger(), scheme == 0,
            let port: UInt16 = body.readInteger(endianness: .little), port > 0, let host = body.readShortText(),
            !host.isEmpty
        else { return nil }
        self.init(host: host, port: Int(port))
    }
}
