/// Reads rows of RFC 4180 from a text, one at a time: CRLF, LF or CR ends a row, an empty line is none.
struct CSVScanner {
    /// Where a field's bytes are, from the row's beginning.
    struct Field {
        var offset: Int
        var count: Int
        /// Quotes inside that are doubled.
        var doubled: Int
    }

    /// The row's fields, until the next is read.
    private(set) var fields: [Field] = []
    /// The line of the row's first character.
    private(set) var line = 1

    let window: TextWindow
    private let delimiter: UInt8
    private let quote: UInt8?
    /// The delimiter, and the quote, in every byte of a word.
    private let delimiters: UInt64
    private let quotes: UInt64
    private var nextLine = 1

    /// - Parameter quote: nil where fields are never quoted.
    init(_ window: TextWindow, delimiter: UInt8, quote: UInt8?) {
        self.window = window
        self.delimiter = delimiter
        self.quote = quote
        delimiters = UInt64(delimiter) &* 0x0101_0101_0101_0101
        quotes = UInt64(quote ?? 0) &* 0x0101_0101_0101_0101
    }

    /// Where the row that was read ends, in bytes of the window.
    private var rowEnd = 0

    /// Reads the next row into `fields`.
    ///
    /// - Returns: false at the text's end.
    /// - Throws: `MalformedText`, or what the window's source throws.
    mutating func next() throws -> Bool {
        window.start = rowEnd
        line = nextLine
        while true {
            switch try scan() {
            case .row(let end, let lines):
                rowEnd = end
                nextLine = line + lines
                if fields.count == 1, fields[0].count == 0, fields[0].offset == 0 {
                    // An empty line.
                    window.start = end
                    line = nextLine
                    continue
                }
                return true
            case .end:
                rowEnd = window.start
                if window.fault != nil { throw decodingFault() }
                return false
            case .incomplete:
                guard !window.isFull else {
                    throw malformed(
                        at: window.start, "a row of more than \(TextWindow.limit >> 20) MiB",
                        "Close the quote that is open there, or set options.quote.")
                }
                try window.refill()
            }
        }
    }

    /// The bytes of a field of the row, doubled quotes made single.
    mutating func bytes(_ index: Int) -> UnsafeRawBufferPointer {
        let field = fields[index]
        let base = window.bytes + window.start + field.offset
        if field.doubled > 0, let quote {
            // The row is complete and is not scanned again: its bytes may move.
            var (from, to) = (0, 0)
            while from < field.count {
                base[to] = base[from]
                from += base[from] == quote ? 2 : 1
                to += 1
            }
            fields[index].count = to
            fields[index].doubled = 0
            return UnsafeRawBufferPointer(start: base, count: to)
        }
        return UnsafeRawBufferPointer(start: base, count: field.count)
    }

    /// A fault of the row that was read: at one of its fields, or at its end.
    func malformedRow(atField index: Int?, _ what: String, _ hint: String) -> MalformedText {
        if let index { return malformed(at: window.start + fields[index].offset, what, hint) }
        var end = rowEnd
        while end > window.start, [0x0A, 0x0D].contains(window.bytes[end - 1]) { end -= 1 }
        return malformed(at: end, what, hint)
    }

    // MARK: Scanning

    private enum Outcome {
        /// The row's end in the window, and how many lines it takes.
        case row(end: Int, lines: Int)
        /// More bytes are needed.
        case incomplete
        /// There is no further row.
        case end
    }

    private mutating func scan() throws -> Outcome {
        fields.removeAll(keepingCapacity: true)
        let bytes = window.bytes
        let (start, end, isAtEnd) = (window.start, window.end, window.isAtEnd)
        var index = start
        var lines = 1
        guard index < end else { return isAtEnd ? .end : .incomplete }
        while true {
            if index < end, let quote, bytes[index] == quote {
                guard let close = closingQuote(after: index, quote, lines: &lines) else {
                    guard isAtEnd else { return .incomplete }
                    guard window.fault == nil else { throw decodingFault() }
                    throw malformed(
                        at: index, "a quoted field is not closed",
                        "Close the quote, or double it inside a quoted field.")
                }
                index = close + 1
                guard index == end || bytes[index] == delimiter || bytes[index] == 0x0A || bytes[index] == 0x0D else {
                    throw malformed(
                        at: index, "text after a closing quote", "Double the quotes inside a quoted field.")
                }
            } else {
                let stop = find(delimiters, from: index)
                fields.append(Field(offset: index - start, count: stop - index, doubled: 0))
                index = stop
            }
            if index == end {
                guard isAtEnd else { return .incomplete }
                // A row that bytes cut short which are no text is not the row that its author meant.
                guard window.fault == nil else { throw decodingFault() }
                return .row(end: index, lines: lines)
            }
            if bytes[index] == delimiter {
                index += 1
                continue
            }
            if bytes[index] == 0x0A { return .row(end: index + 1, lines: lines) }
            if index + 1 < end { return .row(end: bytes[index + 1] == 0x0A ? index + 2 : index + 1, lines: lines) }
            return isAtEnd ? .row(end: index + 1, lines: lines) : .incomplete
        }
    }

    /// Notes the quoted field that opens at an index.
    ///
    /// - Returns: where its closing quote is; nil where the window ends before, or too early to tell.
    private mutating func closingQuote(after open: Int, _ quote: UInt8, lines: inout Int) -> Int? {
        let bytes = window.bytes
        let end = window.end
        var index = open + 1
        var doubled = 0
        while true {
            index = find(quotes, from: index)
            guard index < end else { return nil }
            let byte = bytes[index]
            if byte == quote {
                if index + 1 == end, !window.isAtEnd { return nil }
                guard index + 1 < end, bytes[index + 1] == quote else {
                    fields.append(
                        Field(offset: open + 1 - window.start, count: index - open - 1, doubled: doubled))
                    return index
                }
                doubled += 1
                index += 2
                continue
            }
            // A line break.
            if byte == 0x0A || !(index + 1 < end && bytes[index + 1] == 0x0A) { lines += 1 }
            index += 1
        }
    }

    /// Where the next line break or byte of a kind is, or the window's end; eight bytes at once.
    ///
    /// - Parameter wanted: the byte in every byte of a word.
    @inline(__always)
    private func find(_ wanted: UInt64, from start: Int) -> Int {
        let bytes = window.bytes
        let end = window.end
        var index = start
        while index + 8 <= end {
            let word = UnsafeRawPointer(bytes + index).loadUnaligned(as: UInt64.self).littleEndian
            // The high bit of the first byte that equals one of the three is the lowest that is set.
            let hits =
                zeros(word ^ wanted) | zeros(word ^ 0x0A0A_0A0A_0A0A_0A0A) | zeros(word ^ 0x0D0D_0D0D_0D0D_0D0D)
            if hits != 0 { return index + hits.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < end {
            let byte = bytes[index]
            if byte == UInt8(truncatingIfNeeded: wanted) || byte == 0x0A || byte == 0x0D { break }
            index += 1
        }
        return index
    }

    @inline(__always)
    private func zeros(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }

    // MARK: Faults

    private func decodingFault() -> MalformedText {
        switch window.fault {
        case .nul:
            malformed(
                at: window.end, "a NUL byte", "Save the file as UTF-8, or set options.encoding to its encoding.")
        case .invalid, nil:
            malformed(
                at: window.end, "bytes that are not of the file's encoding",
                "Save the file as UTF-8, or set options.encoding to its encoding.")
        }
    }

    /// A fault at a byte of the window, in lines and characters.
    private func malformed(at offset: Int, _ what: String, _ hint: String) -> MalformedText {
        let bytes = window.bytes
        var line = line
        var column = 1
        for index in window.start..<offset {
            let byte = bytes[index]
            if byte == 0x0A || byte == 0x0D && !(index + 1 < window.end && bytes[index + 1] == 0x0A) {
                (line, column) = (line + 1, 1)
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return MalformedText(line: line, column: column, what: what, hint: hint)
    }
}
