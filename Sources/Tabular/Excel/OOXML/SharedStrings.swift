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
        if name == "si" { try text.withText { try store.add($0) } } else { text.end(name) }
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

    private(set) var bytes: [UInt8] = []
    private var isInText = false
    private var isPhonetic = false
    private var hasUnderscore = false

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        (isInText, isPhonetic, hasUnderscore) = (false, false, false)
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
        guard bytes.count + more.count <= Self.limit else { return false }
        bytes.append(contentsOf: more)
        if !hasUnderscore, more.contains(UInt8(ascii: "_")) { hasUnderscore = true }
        return true
    }

    mutating func withText<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        if hasUnderscore { unescape() }
        return try bytes.withUnsafeBytes(body)
    }

    /// Puts the character in the place of `_xHHHH_`. Two halves of one character that are escaped apart, and NUL, stay as
    /// they are.
    private mutating func unescape() {
        var (from, to) = (0, 0)
        while from < bytes.count {
            guard bytes[from] == UInt8(ascii: "_"), let scalar = escaped(at: from) else {
                bytes[to] = bytes[from]
                from += 1
                to += 1
                continue
            }
            for byte in String(scalar).utf8 {
                bytes[to] = byte
                to += 1
            }
            from += 7
        }
        bytes.removeLast(bytes.count - to)
        hasUnderscore = false
    }

    private func escaped(at index: Int) -> Unicode.Scalar? {
        guard index + 7 <= bytes.count, bytes[index + 1] | 0x20 == UInt8(ascii: "x"),
            bytes[index + 6] == UInt8(ascii: "_")
        else { return nil }
        var value: UInt32 = 0
        for byte in bytes[(index + 2)..<(index + 6)] {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value == 0 ? nil : Unicode.Scalar(value)
    }
}
