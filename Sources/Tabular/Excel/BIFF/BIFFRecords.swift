import SourceModel

/// The records of a workbook's stream, one after the other ([MS-XLS], section 2.1.4).
final class BIFFRecords {
    /// The kinds of record that are looked at (section 2.3.2).
    enum Kind {
        static let formula = 0x0006, endOfFile = 0x000A, date1904 = 0x0022, filePass = 0x002F, continued = 0x003C
        static let boundSheet = 0x0085, multipleRK = 0x00BD, extendedFormat = 0x00E0, mergedCells = 0x00E5
        static let stringTable = 0x00FC, sharedString = 0x00FD, number = 0x0203, label = 0x0204, boolOrError = 0x0205
        static let string = 0x0207, richString = 0x00D6, rk = 0x027E, format = 0x041E, beginning = 0x0809
    }

    private let stream: CompoundStream
    private let name: String
    private let reading: TabularReading
    private(set) var kind = 0
    /// The present record's data; 65,535 bytes at most.
    private(set) var data: [UInt8] = []
    private var unread = 0

    init(_ stream: CompoundStream, named name: String, _ reading: TabularReading) {
        (self.stream, self.name, self.reading) = (stream, name, reading)
    }

    func seek(_ offset: Int) { stream.seek(offset) }

    /// Reads the next record.
    ///
    /// - Returns: false at the stream's end.
    func next() throws -> Bool {
        guard stream.size - stream.position >= 4 else { return false }
        var header: [UInt8] = []
        try stream.read(4, into: &header)
        kind = header.number(at: 0, bytes: 2)
        let count = header.number(at: 2, bytes: 2)
        data.removeAll(keepingCapacity: true)
        try stream.read(count, into: &data)
        guard data.count == count else { throw CompoundFile.damaged(name, "a record is cut off") }
        unread += count + 4
        if unread > 64 << 10 {
            try reading.advance(by: unread)
            unread = 0
        }
        return true
    }

    /// Reads the next record if it continues the present one; otherwise it comes with the next call of `next`.
    func nextContinuation() throws -> Bool {
        let place = stream.position
        guard stream.size - place >= 4 else { return false }
        var header: [UInt8] = []
        try stream.read(4, into: &header)
        stream.seek(place)
        return header.number(at: 0, bytes: 2) == Kind.continued ? try next() : false
    }

    /// A number of the record, the low byte first.
    ///
    /// - Throws: `file_malformed` where the record is too short.
    func number(at index: Int, bytes count: Int) throws(SourceFailure) -> Int {
        guard index + count <= data.count else { throw CompoundFile.damaged(name, "a record is too short") }
        return data.number(at: index, bytes: count)
    }

    func double(at index: Int) throws(SourceFailure) -> Double {
        guard index + 8 <= data.count else { throw CompoundFile.damaged(name, "a record is too short") }
        return Double(bitPattern: (0..<8).reduce(0) { $0 | UInt64(data[index + $1]) << (8 * UInt64($1)) })
    }
}

/// Reads strings that go on in continuations ([MS-XLS], sections 2.5.293 and 2.5.294).
struct BIFFStringReader {
    private let records: BIFFRecords
    private let name: String
    private var index: Int
    private(set) var text: [UInt8] = []
    /// Half of a character that two units make.
    private var high: UInt16?

    /// - Parameter index: where the first string begins in the present record.
    init(_ records: BIFFRecords, at index: Int, named name: String) {
        (self.records, self.index, self.name) = (records, index, name)
    }

    /// Reads the next string into `text`, as UTF-8.
    ///
    /// - Parameter countSize: how many bytes say the number of its characters: 1 or 2.
    mutating func next(countSize: Int) throws {
        text.removeAll(keepingCapacity: true)
        if index >= records.data.count { try goOn() }
        var left = try take(countSize)
        let flags = try take(1)
        var isWide = flags & 1 != 0
        let runs = flags & 8 != 0 ? try take(2) : 0
        let extra = flags & 4 != 0 ? try take(4) : 0
        while left > 0 {
            if index >= records.data.count {
                try goOn()
                // Each continuation says anew how its characters are written.
                isWide = try take(1) & 1 != 0
            }
            let width = isWide ? 2 : 1
            let count = min(left, (records.data.count - index) / width)
            guard count > 0 else { throw CompoundFile.damaged(name, "a text is cut off") }
            for _ in 0..<count {
                put(UInt16(records.data.number(at: index, bytes: width)))
                index += width
            }
            left -= count
        }
        if high != nil { putReplacement() }
        try skip(runs * 4 + extra)
    }

    private mutating func take(_ count: Int) throws -> Int {
        let value = try records.number(at: index, bytes: count)
        index += count
        return value
    }

    private mutating func goOn() throws {
        guard try records.nextContinuation() else { throw CompoundFile.damaged(name, "a text is cut off") }
        index = 0
    }

    private mutating func skip(_ count: Int) throws {
        var left = count
        while left > 0 {
            if index >= records.data.count { try goOn() }
            let part = min(left, records.data.count - index)
            guard part > 0 else { throw CompoundFile.damaged(name, "a text is cut off") }
            index += part
            left -= part
        }
    }

    private mutating func put(_ unit: UInt16) {
        if let high {
            self.high = nil
            if UTF16.isTrailSurrogate(unit) {
                let value = 0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(unit) - 0xDC00)
                return append(value)
            }
            putReplacement()
        }
        if UTF16.isLeadSurrogate(unit) {
            high = unit
        } else if UTF16.isTrailSurrogate(unit) {
            putReplacement()
        } else {
            append(UInt32(unit))
        }
    }

    private mutating func putReplacement() {
        high = nil
        append(0xFFFD)
    }

    private mutating func append(_ value: UInt32) {
        if value < 0x80 {
            text.append(UInt8(value))
        } else if let scalar = Unicode.Scalar(value) {
            text.append(contentsOf: String(scalar).utf8)
        }
    }
}
