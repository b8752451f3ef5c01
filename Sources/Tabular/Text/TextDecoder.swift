import Foundation
import SourceModel

/// Turns the bytes of a file into UTF-8, piece by piece. NUL is no text in any encoding.
struct TextDecoder {
    /// Why bytes are no text.
    enum Fault: Equatable {
        case nul
        /// The bytes are not of the encoding.
        case invalid
    }

    /// What one call did. Bytes that were not consumed have to come again, with what follows them.
    struct Step {
        var consumed = 0
        var written = 0
        var fault: Fault?
    }

    /// One byte of input becomes three of UTF-8 at most.
    static let growth = 3

    let encoding: TextEncoding
    /// Whether anything beyond ASCII was seen.
    private(set) var sawMore = false

    init(_ encoding: TextEncoding) { self.encoding = encoding }

    /// Decodes as much as is whole, up to the first fault.
    ///
    /// - Parameters:
    ///   - isLast: whether nothing follows, so that a sequence that is cut short is a fault.
    ///   - target: room for `growth` times the input.
    mutating func decode(
        _ input: UnsafeRawBufferPointer, isLast: Bool, into target: UnsafeMutablePointer<UInt8>
    ) -> Step {
        switch encoding {
        case .utf8: utf8(input, isLast: isLast, into: target)
        case .utf16LittleEndian: utf16(input, high: 1, isLast: isLast, into: target)
        case .utf16BigEndian: utf16(input, high: 0, isLast: isLast, into: target)
        case .windows1252: windows1252(input, into: target)
        }
    }

    // MARK: UTF-8

    private mutating func utf8(
        _ input: UnsafeRawBufferPointer, isLast: Bool, into target: UnsafeMutablePointer<UInt8>
    ) -> Step {
        var step = Step()
        var index = 0
        let count = input.count
        scan: while index < count {
            // Eight bytes of ASCII at once, none of them NUL.
            while index + 8 <= count {
                let word = input.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                guard word & 0x8080_8080_8080_8080 == 0, !Self.hasZero(word) else { break }
                index += 8
            }
            guard index < count else { break }
            let byte = input[index]
            if byte < 0x80 {
                if byte == 0 {
                    step.fault = .nul
                    break
                }
                index += 1
                continue
            }
            switch Self.sequence(input, at: index) {
            case .whole(let length):
                index += length
                sawMore = true
            case .cut:
                if isLast { step.fault = .invalid }
                break scan
            case .invalid:
                step.fault = .invalid
                break scan
            }
        }
        if index > 0, let base = input.baseAddress {
            UnsafeMutableRawPointer(target).copyMemory(from: base, byteCount: index)
        }
        (step.consumed, step.written) = (index, index)
        return step
    }

    private enum Sequence {
        case whole(Int)
        case cut, invalid
    }

    /// The sequence that begins at an index with a byte above ASCII (RFC 3629, section 4).
    private static func sequence(_ input: UnsafeRawBufferPointer, at index: Int) -> Sequence {
        let lead = input[index]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return .invalid
        }
        for offset in 1..<length {
            guard index + offset < input.count else { return .cut }
            guard (offset == 1 ? second : 0x80...0xBF).contains(input[index + offset]) else { return .invalid }
        }
        return .whole(length)
    }

    @inline(__always)
    private static func hasZero(_ word: UInt64) -> Bool {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0
    }

    // MARK: UTF-16 and Windows-1252

    /// - Parameter high: which of the two bytes of a unit is the high one.
    private mutating func utf16(
        _ input: UnsafeRawBufferPointer, high: Int, isLast: Bool, into target: UnsafeMutablePointer<UInt8>
    ) -> Step {
        var step = Step()
        func unit(_ index: Int) -> UInt32 { UInt32(input[index + high]) << 8 | UInt32(input[index + 1 - high]) }
        while step.consumed + 2 <= input.count {
            var scalar = unit(step.consumed)
            var length = 2
            if scalar == 0 {
                step.fault = .nul
                return step
            }
            if (0xD800...0xDBFF).contains(scalar) {
                guard step.consumed + 4 <= input.count else { break }
                let low = unit(step.consumed + 2)
                guard (0xDC00...0xDFFF).contains(low) else {
                    step.fault = .invalid
                    return step
                }
                scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
                length = 4
            } else if (0xDC00...0xDFFF).contains(scalar) {
                step.fault = .invalid
                return step
            }
            step.written += put(scalar, at: target + step.written)
            step.consumed += length
        }
        if isLast, step.consumed < input.count { step.fault = .invalid }
        return step
    }

    private mutating func windows1252(
        _ input: UnsafeRawBufferPointer, into target: UnsafeMutablePointer<UInt8>
    ) -> Step {
        var step = Step()
        for byte in input {
            let scalar: UInt32 = (0x80...0x9F).contains(byte) ? Self.upper[Int(byte - 0x80)] : UInt32(byte)
            guard scalar != 0 else {
                step.fault = byte == 0 ? .nul : .invalid
                return step
            }
            step.written += put(scalar, at: target + step.written)
            step.consumed += 1
        }
        return step
    }

    /// Windows-1252 from 0x80 to 0x9F, where it parts from Latin-1; 0 where it has nothing.
    private static let upper: [UInt32] = [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
        0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E,
        0x0178,
    ]

    /// Writes a scalar in UTF-8.
    ///
    /// - Returns: how many bytes it takes.
    @inline(__always)
    private mutating func put(_ scalar: UInt32, at target: UnsafeMutablePointer<UInt8>) -> Int {
        if scalar < 0x80 {
            target[0] = UInt8(scalar)
            return 1
        }
        sawMore = true
        func tail(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(scalar >> shift & 0x3F) }
        if scalar < 0x800 {
            target[0] = 0xC0 | UInt8(scalar >> 6)
            target[1] = tail(0)
            return 2
        }
        if scalar < 0x10000 {
            target[0] = 0xE0 | UInt8(scalar >> 12)
            (target[1], target[2]) = (tail(6), tail(0))
            return 3
        }
        target[0] = 0xF0 | UInt8(scalar >> 18)
        (target[1], target[2], target[3]) = (tail(12), tail(6), tail(0))
        return 4
    }
}
