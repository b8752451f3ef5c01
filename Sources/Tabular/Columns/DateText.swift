/// Dates and time stamps of ISO 8601, as they stand in files.
enum DateText {
    /// What the bytes are: a date, or a time stamp with seconds; nil where they are neither, or no day that there was.
    static func kinds(_ bytes: UnsafeRawBufferPointer) -> FieldKinds? {
        guard bytes.count >= 10, let year = number(bytes, 0, 4), bytes[4] == UInt8(ascii: "-"),
            let month = number(bytes, 5, 2), bytes[7] == UInt8(ascii: "-"), let day = number(bytes, 8, 2),
            (1...12).contains(month), day >= 1, day <= days(in: month, of: year)
        else { return nil }
        if bytes.count == 10 { return .date }
        guard bytes.count >= 19, bytes[10] == UInt8(ascii: "T") || bytes[10] == 0x20,
            let hour = number(bytes, 11, 2), hour < 24, bytes[13] == UInt8(ascii: ":"),
            let minute = number(bytes, 14, 2), minute < 60, bytes[16] == UInt8(ascii: ":"),
            let second = number(bytes, 17, 2), second <= 60
        else { return nil }
        var index = 19
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            let first = index + 1
            index = first
            while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
            guard index > first else { return nil }
        }
        let hasT = bytes[10] == UInt8(ascii: "T")
        if index == bytes.count { return hasT ? .timestampT : .timestampBlank }
        guard isOffset(UnsafeRawBufferPointer(rebasing: bytes[index...])) else { return nil }
        return hasT ? .zonedT : .zonedBlank
    }

    /// `Z`, `+00`, `+0530`, `-03:00`.
    private static func isOffset(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if bytes.count == 1 { return bytes[0] == UInt8(ascii: "Z") }
        guard bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-"), let hour = number(bytes, 1, 2), hour < 24
        else { return false }
        switch bytes.count {
        case 3: return true
        case 5: return number(bytes, 3, 2).map { $0 < 60 } ?? false
        case 6: return bytes[3] == UInt8(ascii: ":") && number(bytes, 4, 2).map { $0 < 60 } ?? false
        default: return false
        }
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Int? {
        guard start + count <= bytes.count else { return nil }
        var value = 0
        for index in start..<(start + count) {
            guard (0x30...0x39).contains(bytes[index]) else { return nil }
            value = value * 10 + Int(bytes[index] - 0x30)
        }
        return value
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
