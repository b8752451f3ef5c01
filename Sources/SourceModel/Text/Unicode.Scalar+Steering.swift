extension Unicode.Scalar {
    /// Whether it steers what shows it, and is not to be seen itself: control characters (C0, DEL, C1), which move a
    /// cursor or begin an escape sequence; line and paragraph separators; the marks and controls that turn the direction
    /// of writing (Unicode Standard Annex 9, table 1); the byte order mark.
    package var isSteering: Bool {
        switch value {
        case 0...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
