/// What cannot be read in a text file, and where.
struct MalformedText: Error, Equatable {
    /// From 1; CRLF, LF and CR each end a line.
    var line: Int
    /// In characters (Unicode scalars) from 1.
    var column: Int
    /// A few words without a full stop.
    var what: String
    /// An imperative.
    var hint: String
}
