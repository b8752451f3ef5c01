/// What a field looks like; a column's kinds together decide its type.
struct FieldKinds: OptionSet, Hashable {
    let rawValue: UInt16

    static let empty = FieldKinds(rawValue: 1 << 0)
    /// A whole number of at most 53 bits in its one spelling: no leading zero, no plus, no minus zero.
    static let integer = FieldKinds(rawValue: 1 << 1)
    /// One of 64 bits.
    static let bigInteger = FieldKinds(rawValue: 1 << 2)
    static let decimal = FieldKinds(rawValue: 1 << 3)
    static let boolean = FieldKinds(rawValue: 1 << 4)
    static let date = FieldKinds(rawValue: 1 << 5)
    /// With a blank, or with `T`, between date and time; with an offset, or without. Spellings that are mixed in one
    /// column would not sort as text.
    static let timestampBlank = FieldKinds(rawValue: 1 << 6)
    static let timestampT = FieldKinds(rawValue: 1 << 7)
    static let zonedBlank = FieldKinds(rawValue: 1 << 8)
    static let zonedT = FieldKinds(rawValue: 1 << 9)
    static let text = FieldKinds(rawValue: 1 << 10)
    /// A time of the day, or a duration; of a workbook only.
    static let time = FieldKinds(rawValue: 1 << 11)

    private static let timestamps: [FieldKinds] = [.timestampBlank, .timestampT, .zonedBlank, .zonedT]

    /// The type of a column of these kinds.
    ///
    /// - Parameter scale: the digits after the point that all decimals have, where it is one number.
    func type(scale: Int?) -> ColumnType {
        let filled = subtracting(.empty)
        switch filled {
        case .integer: return .integer
        case .bigInteger, [.integer, .bigInteger]: return .bigInteger
        case .decimal: return .decimal(scale: scale)
        case [.integer, .decimal]: return .decimal(scale: nil)
        case .boolean: return .boolean
        case .date: return .date
        case .time: return .time
        default: return Self.timestamps.contains(filled) ? .timestamp : .text
        }
    }
}

/// What one field looks like.
struct FieldKind: Equatable {
    var kinds: FieldKinds
    /// A decimal's digits after the point; nil where they are not to be shown again as they were.
    var scale: Int?

    private static let text = FieldKind(kinds: .text)
    /// No number, date or flag has more bytes.
    private static let limit = 40

    private init(kinds: FieldKinds, scale: Int? = nil) {
        self.kinds = kinds
        self.scale = scale
    }

    /// - Parameter mark: what stands before a number's fraction.
    init(of bytes: UnsafeRawBufferPointer, decimalMark mark: UInt8) {
        guard let first = bytes.first else {
            self.init(kinds: .empty)
            return
        }
        guard bytes.count <= Self.limit else {
            self = Self.text
            return
        }
        switch first {
        case 0x30...0x39, UInt8(ascii: "-"), mark: self = Self.numeric(bytes, mark)
        case UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"):
            self = BooleanText.flag(bytes) == nil ? Self.text : FieldKind(kinds: .boolean)
        default: self = Self.text
        }
    }

    private static func numeric(_ bytes: UnsafeRawBufferPointer, _ mark: UInt8) -> FieldKind {
        if bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") {
            return DateText.kinds(bytes).map { FieldKind(kinds: $0) } ?? text
        }
        guard let number = NumberText(bytes, decimalMark: mark) else { return text }
        if number.isWhole {
            guard let value = number.integer else { return text }
            return FieldKind(kinds: value.magnitude <= 1 << 53 ? .integer : .bigInteger)
        }
        guard number.isExactAsDouble(bytes) else { return text }
        return FieldKind(
            kinds: .decimal,
            scale: number.hasExponent || number.startsWithMark || number.digits > 15 ? nil : number.scale)
    }
}

/// `true` and `false`, in small letters, in capitals or with a capital.
enum BooleanText {
    static func flag(_ bytes: UnsafeRawBufferPointer) -> Bool? {
        switch bytes.count {
        case 4: isSpelt(bytes, "true") ? true : nil
        case 5: isSpelt(bytes, "false") ? false : nil
        default: nil
        }
    }

    private static func isSpelt(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        // Letters of ASCII differ from their capitals in one bit.
        let isCapital = bytes[1] & 0x20 == 0
        guard !isCapital || bytes[0] & 0x20 == 0 else { return false }
        for index in bytes.indices {
            guard bytes[index] | 0x20 == word.utf8Start[index],
                index == 0 || (bytes[index] & 0x20 == 0) == isCapital
            else { return false }
        }
        return true
    }
}
