/// Reads a date or time stamp of ISO 8601 in a cell (ECMA-376, part 1, section 18.18.11, type `d`).
enum CellMoment {
    /// - Returns: nil where the text is neither, or has an offset: it is then a text.
    static func read(_ bytes: UnsafeRawBufferPointer) -> CellValue? {
        switch DateText.kinds(bytes) {
        case .some(.date): return .date(day: day(bytes))
        case .some(.timestampT), .some(.timestampBlank):
            func two(_ index: Int) -> Int { number(bytes, index, 2) }
            let fraction = bytes.count > 20 ? UnsafeRawBufferPointer(rebasing: bytes[20...].prefix(3)) : nil
            var milliseconds = fraction.map { number($0, 0, $0.count) } ?? 0
            for _ in (fraction?.count ?? 3)..<3 { milliseconds *= 10 }
            // More than milliseconds would be lost.
            guard bytes.count <= 23 else { return nil }
            return .timestamp(
                day: day(bytes),
                milliseconds: ((two(11) * 60 + two(14)) * 60 + two(17)) * 1000 + milliseconds)
        default: return nil
        }
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Int {
        bytes[start..<(start + count)].reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// Days since 1970-01-01 of a date that there is, counted in years that begin in March.
    private static func day(_ bytes: UnsafeRawBufferPointer) -> Int {
        let (month, day) = (number(bytes, 5, 2), number(bytes, 8, 2))
        let year = number(bytes, 0, 4) - (month <= 2 ? 1 : 0)
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
