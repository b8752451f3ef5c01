/// Dates and times ([MS-TDS] section 2.2.5.5.1.8 and those before) as ISO 8601 text.
extension [UInt8] {
    /// Days from 0001-01-01 to 1900-01-01.
    private static let daysTo1900 = 693_595
    private static let secondsOfDay = 86_400

    /// `date`: three bytes, days since 0001-01-01.
    mutating func appendDate(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count == 3, let days = Self.number(bytes, 0, 3) else { return false }
        return appendDay(Int(days))
    }

    /// `time(scale)`: units of the scale since midnight.
    mutating func appendTime(_ bytes: UnsafeRawBufferPointer, scale: UInt8) -> Bool {
        guard (3...5).contains(bytes.count), let units = Self.number(bytes, 0, bytes.count) else { return false }
        return appendClock(units, scale: scale)
    }

    /// `datetime2(scale)`: a time, then a date.
    mutating func appendDateTime2(_ bytes: UnsafeRawBufferPointer, scale: UInt8) -> Bool {
        let clock = bytes.count - 3
        guard (3...5).contains(clock), let units = Self.number(bytes, 0, clock),
            let days = Self.number(bytes, clock, 3), appendDay(Int(days))
        else { return false }
        append(UInt8(ascii: "T"))
        return appendClock(units, scale: scale)
    }

    /// `datetimeoffset(scale)`: a time and a date in UTC, then the minutes that local time is ahead. Written is the local
    /// time.
    mutating func appendDateTimeOffset(_ bytes: UnsafeRawBufferPointer, scale: UInt8) -> Bool {
        let clock = bytes.count - 5
        guard (3...5).contains(clock), let units = Self.number(bytes, 0, clock),
            let days = Self.number(bytes, clock, 3),
            let offset: Int16 = bytes.littleEndian(at: clock + 3), abs(Int(offset)) <= 14 * 60
        else { return false }
        let second = Self.power(scale)
        let day = Int64(Self.secondsOfDay) * Int64(second)
        var local = Int64(units) + Int64(offset) * 60 * Int64(second)
        var date = Int(days)
        if local < 0 {
            local += day
            date -= 1
        } else if local >= day {
            local -= day
            date += 1
        }
        guard units < day, appendDay(date) else { return false }
        append(UInt8(ascii: "T"))
        guard appendClock(UInt64(local), scale: scale) else { return false }
        if offset == 0 {
            append(UInt8(ascii: "Z"))
        } else {
            append(UInt8(ascii: offset < 0 ? "-" : "+"))
            appendDigits(abs(Int(offset)) / 60, 2)
            append(UInt8(ascii: ":"))
            appendDigits(abs(Int(offset)) % 60, 2)
        }
        return true
    }

    /// `datetime`: days since 1900 and three-hundredths of a second; `smalldatetime`: days and minutes.
    mutating func appendDateTime(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if bytes.count == 8, let days: Int32 = bytes.littleEndian(at: 0), let ticks: UInt32 = bytes.littleEndian(at: 4)
        {
            guard appendDay(Int(days) + Self.daysTo1900) else { return false }
            append(UInt8(ascii: "T"))
            // The server rounds thousandths to .000, .003 and .007.
            return appendClock((UInt64(ticks) * 10 + 1) / 3, scale: 3)
        }
        guard bytes.count == 4, let days: UInt16 = bytes.littleEndian(at: 0),
            let minutes: UInt16 = bytes.littleEndian(at: 2), appendDay(Int(days) + Self.daysTo1900)
        else { return false }
        append(UInt8(ascii: "T"))
        return appendClock(UInt64(minutes) * 60, scale: 0)
    }

    // MARK: Parts

    private static func number(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> UInt64? {
        guard start >= 0, start + count <= bytes.count else { return nil }
        var value: UInt64 = 0
        for index in (start..<start + count).reversed() { value = value << 8 | UInt64(bytes[index]) }
        return value
    }

    private static func power(_ scale: UInt8) -> UInt64 {
        (0..<Swift.min(scale, 7)).reduce(1) { power, _ in power * 10 }
    }

    /// A day of the years 1 to 9999, counted from 0001-01-01.
    private mutating func appendDay(_ days: Int) -> Bool {
        guard (0...3_652_058).contains(days) else { return false }
        // Counted from 0000-03-01 the leap day is a year's last one; an era has 400 years.
        let shifted = days + 306
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        appendDigits(era * 400 + yearOfEra + (month <= 2 ? 1 : 0), 4)
        append(UInt8(ascii: "-"))
        appendDigits(month, 2)
        append(UInt8(ascii: "-"))
        appendDigits(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, 2)
        return true
    }

    private mutating func appendClock(_ units: UInt64, scale: UInt8) -> Bool {
        let second = Self.power(scale)
        let seconds = units / second
        guard seconds < Self.secondsOfDay else { return false }
        appendDigits(Int(seconds) / 3600, 2)
        append(UInt8(ascii: ":"))
        appendDigits(Int(seconds) / 60 % 60, 2)
        append(UInt8(ascii: ":"))
        appendDigits(Int(seconds) % 60, 2)
        if scale > 0 {
            append(UInt8(ascii: "."))
            appendDigits(Int(units % second), Int(scale))
        }
        return true
    }

    private mutating func appendDigits(_ value: Int, _ width: Int) {
        var divisor = 1
        for _ in 1..<Swift.max(width, 1) { divisor *= 10 }
        var rest = value
        while divisor > 0 {
            append(0x30 + UInt8(truncatingIfNeeded: rest / divisor % 10))
            rest %= divisor
            divisor /= 10
        }
    }
}
