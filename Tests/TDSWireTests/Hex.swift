/// Bytes as a document writes them.
func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace }.utf8.map { digit in
        UInt8(digit < 0x3A ? digit - 0x30 : (digit & 0xDF) - 0x37)
    }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
