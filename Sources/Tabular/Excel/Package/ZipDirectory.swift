import SourceModel

/// A look at a zip file's end before a library reads its directory, whose size the file itself states: what it would
/// take memory for is bounded (APPNOTE.TXT, sections 4.3.14 to 4.3.16).
enum ZipDirectory {
    /// Entries, and bytes of the directory that lists them.
    static let entryLimit = 20_000
    static let sizeLimit = 16 << 20

    /// The end record with a comment of the largest size, and the locator before it.
    private static let tail = 22 + 65_535 + 20
    private static let end: [UInt8] = [0x50, 0x4B, 0x05, 0x06]
    private static let locator: [UInt8] = [0x50, 0x4B, 0x06, 0x07]
    private static let largeEnd: [UInt8] = [0x50, 0x4B, 0x06, 0x06]

    /// - Throws: `file_too_large`, or `file_malformed` where the file has no directory.
    static func check(_ file: OpenFile, size: Int, named name: String) throws(SourceFailure) {
        let bytes = try file.bytes(at: max(0, size - tail), count: min(tail, size))
        var isFound = false
        var index = bytes.count - 20
        // Bytes that look like an end record may be none: each is held to the bounds, so that it does not matter which
        // one the library takes.
        while index >= 0 {
            defer { index -= 1 }
            guard bytes[index] == 0x50, bytes[index + 1] == 0x4B else { continue }
            let signature = bytes[index..<(index + 4)]
            if signature.elementsEqual(end), index + 22 <= bytes.count {
                isFound = true
                try check(
                    entries: bytes.number(at: index + 10, bytes: 2), size: bytes.number(at: index + 12, bytes: 4), name)
            } else if signature.elementsEqual(locator) {
                let offset = bytes.number(at: index + 8, bytes: 8)
                guard offset < size else { continue }
                let record = try file.bytes(at: offset, count: 56)
                guard record.count == 56, record.starts(with: largeEnd) else { continue }
                try check(entries: record.number(at: 32, bytes: 8), size: record.number(at: 40, bytes: 8), name)
            }
        }
        guard isFound else {
            throw SourceFailure(
                .open, .fileMalformed, "\(name) begins like a workbook and is cut off: it has no directory at its end.",
                hint: "Copy the file again, as a whole.")
        }
    }

    private static func check(entries: Int, size: Int, _ name: String) throws(SourceFailure) {
        // Both are all ones where the larger record has them.
        guard entries == 0xFFFF || entries <= entryLimit, size == 0xFFFF_FFFF || size <= sizeLimit else {
            throw SourceFailure(
                .open, .fileTooLarge,
                "\(name) has \(entries) parts in a directory of \(size) bytes; the limits are \(entryLimit) parts and "
                    + "\(sizeLimit) bytes.",
                hint: "Save the workbook anew with a spreadsheet program.")
        }
    }
}

extension [UInt8] {
    /// A number, the low byte first; bounded by what an `Int` holds.
    func number(at index: Int, bytes count: Int) -> Int {
        var value: UInt64 = 0
        for offset in (0..<count).reversed() { value = value << 8 | UInt64(self[index + offset]) }
        return Int(clamping: value)
    }
}
