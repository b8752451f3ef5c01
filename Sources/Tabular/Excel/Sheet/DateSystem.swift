/// How a workbook counts days (ECMA-376, part 1, section 18.17.4.1).
enum DateSystem: Sendable, Hashable {
    /// Day 1 is 1900-01-01, and day 60 a 29th of February that there never was.
    case from1900
    /// Day 0 is 1904-01-01.
    case from1904

    /// 9999-12-31, in days since 1970-01-01.
    private static let lastDay = 2_932_896
    static let millisecondsOfDay = 86_400_000

    /// The cell's value for a number that is shown as a moment, to the millisecond.
    ///
    /// - Returns: nil where there is no such moment: before the first day, after the year 9999, and on the day that
    ///   there never was. The number is then what the cell holds.
    func value(_ serial: Double, shownAs format: NumberFormat) -> CellValue? {
        guard serial >= 0, serial < 3_000_000 else { return nil }
        var whole = Int(serial)
        var milliseconds = Int(((serial - Double(whole)) * Double(Self.millisecondsOfDay)).rounded())
        if milliseconds == Self.millisecondsOfDay { (whole, milliseconds) = (whole + 1, 0) }
        switch format {
        case .number, .percentage: return nil
        case .elapsed: return .time(milliseconds: whole * Self.millisecondsOfDay + milliseconds)
        case .time where whole == 0, .date where whole == 0 && milliseconds > 0:
            return .time(milliseconds: milliseconds)
        case .date, .time, .timestamp:
            guard let day = day(whole) else { return nil }
            return format == .date && milliseconds == 0
                ? .date(day: day) : .timestamp(day: day, milliseconds: milliseconds)
        }
    }

    /// Days since 1970-01-01.
    private func day(_ serial: Int) -> Int? {
        let day: Int
        switch self {
        case .from1900:
            guard serial != 60 else { return nil }
            day = serial - (serial < 60 ? 25_568 : 25_569)
        case .from1904: day = serial - 24_107
        }
        return day <= Self.lastDay ? day : nil
    }
}
