#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Turns texts of one code page into UTF-8, by the C library's `iconv`. Belongs to one task at a time.
final class CodePageDecoder {
    /// Stands for what the code page does not have: no UTF-8 has this byte, so that whoever reads the text counts it.
    static let invalid: UInt8 = 0xFF

    private let page: CodePage
    private let handle: iconv_t?

    init(_ page: CodePage) {
        self.page = page
        let opened = iconv_open("UTF-8", page.rawValue)
        // What iconv_open gives where it knows no such page is -1 as a pointer.
        handle = opened == iconv_t(bitPattern: -1) ? nil : opened
    }

    deinit {
        if let handle { iconv_close(handle) }
    }

    /// Appends a text as UTF-8. ASCII, which all the code pages have in common, goes as it is.
    func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        if page == .utf8 || !bytes.contains(where: { $0 >= 0x80 }) {
            text.append(contentsOf: bytes)
        } else {
            convert(bytes, to: &text)
        }
    }

    private func convert(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        guard let handle, let start = bytes.baseAddress else {
            text.append(contentsOf: bytes.map { $0 < 0x80 ? $0 : Self.invalid })
            return
        }
        // iconv takes its input by a mutable pointer and does not write there.
        var input: UnsafeMutablePointer<CChar>? = UnsafeMutablePointer(
            mutating: start.assumingMemoryBound(to: CChar.self))
        var left = bytes.count
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { piece in
            while left > 0 {
                var output = piece.baseAddress
                var room = piece.count
                let result = iconv(handle, &input, &left, &output, &room)
                let reason = errno
                text.append(contentsOf: UnsafeRawBufferPointer(piece)[..<(piece.count - room)])
                guard result == -1, reason != E2BIG, left > 0 else { continue }
                replace(bytes[bytes.count - left], in: &text)
                input = input?.advanced(by: 1)
                left -= 1
            }
            // Letters that an accent may follow (Hebrew, Vietnamese) are held back until it is clear that none does.
            var output = piece.baseAddress
            var room = piece.count
            iconv(handle, nil, nil, &output, &room)
            text.append(contentsOf: UnsafeRawBufferPointer(piece)[..<(piece.count - room)])
        }
    }

    /// Windows keeps what one of its pages of single bytes leaves open as the control character of that number.
    private func replace(_ byte: UInt8, in text: inout [UInt8]) {
        if (0x80...0x9F).contains(byte), !page.isDouble {
            text.append(contentsOf: [0xC2, byte])
        } else {
            text.append(Self.invalid)
        }
    }
}
