/// Dates of BSON, milliseconds since 1970, as RFC 3339 has them.
public enum DateText {
    /// Such as `2024-02-29T23:59:59.5Z`, with a fraction only where there is one; nil for years outside of 0 to 9999,
    /// which RFC 3339 cannot say.
    public static func rfc3339(_ milliseconds: Int64) -> String? {
        guard (-62_167_219_200_000...253_402_300_799_999).contains(milliseconds) else { return nil }
        let (days, inDay) = split(milliseconds, 86_400_000)
        let (year, month, day) = civil(days)
        let (seconds, fraction) = (inDay / 1000, inDay % 1000)
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let time = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        return fraction == 0 ? "\(date)T\(time)Z" : "\(date)T\(time).\(padded(fraction, 3))Z"
    }

    /// Reads `2024-02-29T23:59:59.5+01:00` and the like; nil for anything else, also for more digits than milliseconds.
    public static func milliseconds(_ text: String) -> Int64? {
        var rest = text.utf8[...]
        func number(_ count: Int) -> Int? {
            guard rest.count >= count, rest.prefix(count).allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count).reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }
        func take(_ characters: StaticString) -> Bool {
            let wanted = UnsafeBufferPointer(start: characters.utf8Start, count: characters.utf8CodeUnitCount)
            guard let first = rest.first, wanted.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2), take("Tt"),
            let hour = number(2), take(":"), let minute = number(2), take(":"), let second = number(2),
            (1...12).contains(month), day >= 1, hour <= 23, minute <= 59, second <= 59
        else { return nil }
        let days = self.days(year, month, day)
        guard civil(days) == (year, month, day) else { return nil }
        var milliseconds = 0
        if take(".") {
            let digits = rest.prefix { (0x30...0x39).contains($0) }.count
            guard (1...3).contains(digits), let fraction = number(digits) else { return nil }
            milliseconds = fraction * [100, 10, 1][digits - 1]
        }
        var offset = 0
        if !take("Zz") {
            let isWest = rest.first == UInt8(ascii: "-")
            guard take("+-"), let hours = number(2), hours <= 23 else { return nil }
            _ = take(":")
            guard let minutes = number(2), minutes <= 59 else { return nil }
            offset = (hours * 60 + minutes) * (isWest ? -60_000 : 60_000)
        }
        guard rest.isEmpty else { return nil }
        let inDay = ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds
        return Int64(days * 86_400_000 + inDay - offset)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private static func split(_ value: Int64, _ unit: Int64) -> (Int, Int) {
        let rest = ((value % unit) + unit) % unit
        return (Int((value - rest) / unit), Int(rest))
    }

    /// The day of the Gregorian calendar, by days since 1970. Years are counted from March, in eras of 400.
    private static func civil(_ days: Int) -> (Int, Int, Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let inEra = shifted - era * 146_097
        let yearOfEra = (inEra - inEra / 1460 + inEra / 36_524 - inEra / 146_096) / 365
        let inYear = inEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * inYear + 2) / 153
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        return (year, month < 10 ? month + 3 : month - 9, inYear - (153 * month + 2) / 5 + 1)
    }

    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let inYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + inYear - 719_468
    }
}
