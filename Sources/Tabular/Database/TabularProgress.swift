/// How far the reading of a file is.
package struct TabularProgress: Sendable, Equatable {
    /// The part of the work that is done, from 0 to 1.
    package let fraction: Double
    /// The file's size in bytes.
    package let size: Int
    /// Rows that were read so far.
    package let rows: Int
    /// Whether it waits for other files to be read.
    package let isQueued: Bool

    /// Whole percents; 100 only when all is done.
    package var percent: Int { fraction >= 1 ? 100 : Int(min(max(fraction, 0) * 100, 99)) }

    /// `43 % of 1,100,000,000 bytes are read`.
    package var words: String {
        isQueued ? "it waits until other files are read" : "\(percent) % of \(Self.grouped(size)) bytes are read"
    }

    /// A number with a comma before each three digits.
    private static func grouped(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }
}
