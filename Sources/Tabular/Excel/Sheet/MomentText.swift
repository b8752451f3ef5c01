/// Dates, time stamps and times as text of ISO 8601, written into a few bytes.
struct MomentText {
    /// The longest: `2024-02-29 23:59:59.999`, or a duration of many hours.
    private var bytes: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    private(set) var count = 0

    init(day: Int) { date(day) }

    init(day: Int, milliseconds: Int) {
        date(day)
        put(0x20)
        clock(milliseconds)
    }

    init(milliseconds: Int) { clock(milliseconds) }

    func withBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        try withUnsafeBytes(of: bytes) { try body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    private mutating func put(_ byte: UInt8) {
        withUnsafeMutableBytes(of: &bytes) { $0[count] = byte }
        count += 1
    }

    private mutating func digits(_ value: Int, _ places: Int) {
        var rest = UInt(bitPattern: value)
        withUnsafeMutableBytes(of: &bytes) { bytes in
            for index in (count..<(count + places)).reversed() {
                bytes[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
        count += places
    }

    /// The civil date of a day since 1970-01-01, in the proleptic Gregorian calendar, counted in eras of 400 years that
    /// begin in March.
    private mutating func date(_ day: Int) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        digits(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4)
        put(UInt8(ascii: "-"))
        digits(month, 2)
        put(UInt8(ascii: "-"))
        digits(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, 2)
    }

    private mutating func clock(_ milliseconds: Int) {
        let hours = milliseconds / 3_600_000
        digits(hours, max(2, String(hours).utf8.count))
        put(UInt8(ascii: ":"))
        digits(milliseconds / 60_000 % 60, 2)
        put(UInt8(ascii: ":"))
        digits(milliseconds / 1000 % 60, 2)
        guard !milliseconds.isMultiple(of: 1000) else { return }
        put(UInt8(ascii: "."))
        digits(milliseconds % 1000, 3)
    }
}
