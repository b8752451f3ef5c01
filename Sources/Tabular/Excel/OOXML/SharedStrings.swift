import SourceModel

/// Reads the strings that cells share into a store (ECMA-376, part 1, section 18.4). Rich text is its runs' text; what is
/// there to be read aloud (`rPh`) is not part of it.
final class SharedStrings: XMLEvents {
    private let store: StringStore
    private let file: String
    private var text = StringText()

    static func read(
        _ part: ZipArchive.Part, of archive: ZipArchive, into store: StringStore, named file: String,
        _ reading: TabularReading
    ) throws {
        try XMLDocument.read(part, of: archive, named: file, reading, SharedStrings(store, file))
        try store.seal()
    }

    private init(_ store: StringStore, _ file: String) { (self.store, self.file) = (store, file) }

    func begin(_ name: XMLName, _ attributes: XMLAttributes) {
        if name == "si" { text.removeAll() } else { text.begin(name) }
    }

    func end(_ name: XMLName) throws {
        guard name == "si" else { return text.end(name) }
        text.unescape()
        try text.withBytes { try store.add($0) }
    }

    func text(_ bytes: UnsafeRawBufferPointer) throws {
        guard text.take(bytes) else {
            throw SourceFailure(
                .open, .fileTooLarge,
                "\(file) cannot be read: the shared string \(store.count) has more than \(StringText.limit) bytes.",
                hint: "Shorten the text.")
        }
    }
}

/// A text of a workbook as it comes in pieces: with its runs joined, and what is escaped as `_x000D_` unescaped (ECMA-376,
/// part 1, section 22.9.2.19).
struct StringText {
    /// Excel's own bound is 32,767 characters.
    static let limit = 1 << 20

    /// The text's bytes, and room for more of them.
    private var room = [UInt8](repeating: 0, count: 1 << 10)
    /// Bytes of text.
    private(set) var count = 0
    private var isInText = false
    private var isPhonetic = false

    mutating func removeAll() { (count, isInText, isPhonetic) = (0, false, false) }

    /// The text as it is so far.
    @inline(__always)
    func withBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        try room.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    mutating func begin(_ name: XMLName) {
        if name == "t" { isInText = !isPhonetic } else if name == "rPh" { isPhonetic = true }
    }

    mutating func end(_ name: XMLName) {
        if name == "t" { isInText = false } else if name == "rPh" { isPhonetic = false }
    }

    /// Takes characters, where they are of a text.
    ///
    /// - Returns: false where the text becomes too long.
    mutating func take(_ more: UnsafeRawBufferPointer) -> Bool { isInText ? append(more) : true }

    /// Takes characters, wherever they are.
    ///
    /// - Returns: false where the text becomes too long.
    mutating func append(_ more: UnsafeRawBufferPointer) -> Bool {
        let end = count + more.count
        guard end <= Self.limit else { return false }
        if end > room.count { room += [UInt8](repeating: 0, count: max(end, 2 * room.count) - room.count) }
        room.withUnsafeMutableBytes { UnsafeMutableRawBufferPointer(rebasing: $0[count..<end]).copyMemory(from: more) }
        count = end
        return true
    }

    /// Puts the character in the place of `_xHHHH_`, once all is there. Two halves of one character that are escaped
    /// apart, and NUL, stay as they are.
    mutating func unescape() {
        guard var from = room[..<count].firstIndex(of: UInt8(ascii: "_")) else { return }
        var to = from
        while from < count {
            guard room[from] == UInt8(ascii: "_"), let scalar = escaped(at: from) else {
                room[to] = room[from]
                from += 1
                to += 1
                continue
            }
            for byte in String(scalar).utf8 {
                room[to] = byte
                to += 1
            }
            from += 7
        }
        count = to
    }

    private func escaped(at index: Int) -> Unicode.Scalar? {
        guard index + 7 <= count, room[index + 1] | 0x20 == UInt8(ascii: "x"),
            room[index + 6] == UInt8(ascii: "_")
        else { return nil }
        var value: UInt32 = 0
        for byte in room[(index + 2)..<(index + 6)] {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value == 0 ? nil : Unicode.Scalar(value)
    }
}
