/// Writes cells as text: from the bytes of the wire to UTF-8, every digit of them. Belongs to one task at a time.
public struct TDSText {
    /// The last cell's text. What a text of the server had that is no character stands as the byte 0xFF.
    public private(set) var utf8: [UInt8] = []

    private var decoders: [CodePage: CodePageDecoder] = [:]

    /// A writer without a text.
    public init() {}

    /// Reads one cell.
    ///
    /// - Returns: whether the bytes are a value of this type; where they are not, the text is empty.
    @discardableResult
    public mutating func read(_ bytes: UnsafeRawBufferPointer, as type: TDSType) -> Bool {
        utf8.removeAll(keepingCapacity: true)
        let isProper = append(bytes, type)
        if !isProper { utf8.removeAll(keepingCapacity: true) }
        return isProper
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer, _ type: TDSType) -> Bool {
        switch type.code {
        case .null: return true
        case .int1, .int2, .int4, .int8, .intN: return integer(bytes)
        case .bit, .bitN:
            guard bytes.count == 1 else { return false }
            utf8.append(UInt8(ascii: bytes[0] == 0 ? "0" : "1"))
            return true
        case .real, .float, .floatN: return float(bytes)
        case .money, .smallMoney, .moneyN: return money(bytes)
        case .decimalN, .numericN, .oldDecimal, .oldNumeric: return decimal(bytes, scale: type.scale)
        case .uniqueIdentifier: return identifier(bytes)
        case .date: return utf8.appendDate(bytes)
        case .time: return utf8.appendTime(bytes, scale: type.scale)
        case .dateTime2: return utf8.appendDateTime2(bytes, scale: type.scale)
        case .dateTimeOffset: return utf8.appendDateTimeOffset(bytes, scale: type.scale)
        case .dateTime, .smallDateTime, .dateTimeN: return utf8.appendDateTime(bytes)
        case .char, .varChar, .text, .oldChar, .oldVarChar:
            append(bytes, in: type.collation?.codePage ?? .cp1252)
            return true
        case .nChar, .nVarChar, .nText:
            UnicodeText.append(bytes, to: &utf8)
            return true
        case .xml:
            // The byte order mark is not a part of the document.
            let hasMark = bytes.count >= 2 && bytes[0] == 0xFF && bytes[1] == 0xFE
            UnicodeText.append(UnsafeRawBufferPointer(rebasing: bytes[(hasMark ? 2 : 0)...]), to: &utf8)
            return true
        case .binary, .varBinary, .image, .userDefined, .oldBinary, .oldVarBinary:
            hexadecimal(bytes)
            return true
        case .variant: return variant(bytes)
        }
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer, in page: CodePage) {
        let decoder = decoders[page] ?? CodePageDecoder(page)
        decoders[page] = decoder
        decoder.append(bytes, to: &utf8)
    }

    // MARK: Numbers

    /// A whole number as it lies, of 1 (without a sign), 2, 4 or 8 bytes; nil for another length.
    public static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        switch bytes.count {
        case 1: Int64(bytes[0])
        case 2: bytes.littleEndian(at: 0, as: Int16.self).map(Int64.init)
        case 4: bytes.littleEndian(at: 0, as: Int32.self).map(Int64.init)
        case 8: bytes.littleEndian(at: 0, as: Int64.self)
        default: nil
        }
    }

    private mutating func integer(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let number = Self.integer(bytes) else { return false }
        utf8.append(contentsOf: String(number).utf8)
        return true
    }

    /// The shortest digits that give the number back; a whole one without the point.
    private mutating func float(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let digits: String
        if let bits: UInt64 = bytes.littleEndian(at: 0) {
            digits = Double(bitPattern: bits).description
        } else if let bits: UInt32 = bytes.littleEndian(at: 0) {
            digits = Float(bitPattern: bits).description
        } else {
            return false
        }
        utf8.append(contentsOf: (digits.hasSuffix(".0") ? digits.dropLast(2) : digits[...]).utf8)
        return true
    }

    /// Ten-thousandths: four bytes, or eight of which the higher half comes first ([MS-TDS] section 2.2.5.5.1.2).
    private mutating func money(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let first: Int32 = bytes.littleEndian(at: 0) else { return false }
        var value = Int64(first)
        if bytes.count == 8, let low: UInt32 = bytes.littleEndian(at: 4) { value = value << 32 | Int64(low) }
        utf8.appendDecimal(UInt128(value.magnitude), negative: value < 0, scale: 4)
        return true
    }

    /// A sign, 1 for positive, and a magnitude ([MS-TDS] section 2.2.5.5.1.6).
    private mutating func decimal(_ bytes: UnsafeRawBufferPointer, scale: UInt8) -> Bool {
        guard bytes.count > 1, bytes.count <= 17 else { return false }
        var magnitude: UInt128 = 0
        for byte in bytes.dropFirst().reversed() { magnitude = magnitude << 8 | UInt128(byte) }
        utf8.appendDecimal(magnitude, negative: bytes[0] == 0, scale: Int(scale))
        return true
    }

    // MARK: Bytes

    /// A GUID: three numbers in the machine's order, then eight bytes ([MS-DTYP] section 2.3.4).
    private mutating func identifier(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count == 16 else { return false }
        for (place, index) in [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].enumerated() {
            if [4, 6, 8, 10].contains(place) { utf8.append(UInt8(ascii: "-")) }
            utf8.appendHexadecimal(bytes[index])
        }
        return true
    }

    private mutating func hexadecimal(_ bytes: UnsafeRawBufferPointer) {
        utf8.reserveCapacity(2 + 2 * bytes.count)
        utf8.append(contentsOf: "0x".utf8)
        for byte in bytes { utf8.appendHexadecimal(byte) }
    }

    /// A type, bytes of what belongs to it, then a value ([MS-TDS] section 2.2.5.5.4).
    private mutating func variant(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 2, let code = TDSTypeCode(rawValue: bytes[0]) else { return false }
        let start = 2 + Int(bytes[1])
        guard start <= bytes.count else { return false }
        let properties = Array(bytes[2..<start])
        let value = UnsafeRawBufferPointer(rebasing: bytes[start...])
        var type = TDSType(code, length: value.count)
        switch code {
        case .time, .dateTime2, .dateTimeOffset:
            guard let scale = properties.first, scale <= 7 else { return false }
            type.scale = scale
        case .decimalN, .numericN:
            guard properties.count == 2, properties[0] <= 38, properties[1] <= properties[0] else { return false }
            type.scale = properties[1]
        case .char, .varChar:
            guard properties.count == 7, let collation = TDSCollation(Array(properties[..<5])) else { return false }
            type.collation = collation
        case .variant, .text, .nText, .image, .xml, .userDefined: return false
        default: break
        }
        return append(value, type)
    }
}

extension [UInt8] {
    /// Appends two digits.
    fileprivate mutating func appendHexadecimal(_ byte: UInt8) {
        for half in [byte >> 4, byte & 15] { append(half < 10 ? 0x30 + half : 0x37 + half) }
    }

    /// Appends a number of so many digits after the point.
    fileprivate mutating func appendDecimal(_ magnitude: UInt128, negative: Bool, scale: Int) {
        if negative, magnitude > 0 { append(UInt8(ascii: "-")) }
        let digits = String(magnitude).utf8
        guard scale > 0 else { return append(contentsOf: digits) }
        if digits.count <= scale {
            append(contentsOf: "0.".utf8)
            append(contentsOf: repeatElement(0x30, count: scale - digits.count))
            append(contentsOf: digits)
        } else {
            append(contentsOf: digits.dropLast(scale))
            append(UInt8(ascii: "."))
            append(contentsOf: digits.suffix(scale))
        }
    }
}
