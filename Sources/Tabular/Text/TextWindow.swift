import Foundation
import SourceModel

/// A text file as a window of UTF-8 that moves over it: memory does not grow with the file, only with a row that is
/// larger than the window.
final class TextWindow {
    /// Fills a buffer with the file's next bytes; 0 at its end.
    typealias Source = (UnsafeMutableRawBufferPointer) throws -> Int

    /// The window grows up to this many bytes; a row has to fit.
    static let limit = 16 << 20
    private static let rawSize = 128 << 10

    /// The window's bytes; what is decoded and not yet used is from `start` to `end`.
    private(set) var bytes: UnsafeMutablePointer<UInt8>
    /// The first byte that was not used yet; moved by the reader, up to `end`.
    var start = 0
    private(set) var end = 0
    /// Whether nothing comes after `end`: the file's end, or a fault.
    private(set) var isAtEnd = false
    /// What ends the text at `end`, where it is not the file's end.
    private(set) var fault: TextDecoder.Fault?

    private var capacity: Int
    private let raw: UnsafeMutableRawBufferPointer
    /// Bytes at the beginning of `raw` that were not decoded yet.
    private var rawCount = 0
    private var rawIsLast = false
    private var decoder: TextDecoder
    private let source: Source
    private let isEager: Bool

    /// Whether anything beyond ASCII was seen.
    var sawMoreThanASCII: Bool { decoder.sawMore }
    /// Whether the window has its largest size and is full of bytes that wait.
    var isFull: Bool { start == 0 && end + Self.rawSize * TextDecoder.growth > Self.limit }

    /// - Parameters:
    ///   - encoding: of the bytes that the source gives; a byte order mark is not among them.
    ///   - isEager: whether the window is filled as far as it goes; otherwise by one call of the source.
    init(_ encoding: TextEncoding, isEager: Bool = true, source: @escaping Source) {
        self.isEager = isEager
        decoder = TextDecoder(encoding)
        self.source = source
        capacity = 4 * Self.rawSize * TextDecoder.growth / 2
        bytes = .allocate(capacity: capacity)
        raw = .allocate(byteCount: Self.rawSize, alignment: 16)
    }

    deinit {
        bytes.deallocate()
        raw.deallocate()
    }

    /// Moves what waits to the window's beginning and decodes more, until the window is full. To be called when what
    /// waits is not enough, while `isAtEnd` and `isFull` are false.
    func refill() throws {
        if start > 0 {
            UnsafeMutableRawPointer(bytes).copyMemory(from: bytes + start, byteCount: end - start)
            (start, end) = (0, end - start)
        }
        let room = Self.rawSize * TextDecoder.growth
        if capacity - end < room {
            let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: 2 * capacity)
            larger.update(from: bytes, count: end)
            bytes.deallocate()
            (bytes, capacity) = (larger, 2 * capacity)
        }
        repeat { try decode() } while isEager && !isAtEnd && capacity - end >= room && end + room <= Self.limit
    }

    private func decode() throws {
        if !rawIsLast {
            let read = try source(UnsafeMutableRawBufferPointer(rebasing: raw[rawCount...]))
            rawCount += read
            rawIsLast = read == 0
        }
        let step = decoder.decode(
            UnsafeRawBufferPointer(rebasing: raw[..<rawCount]), isLast: rawIsLast, into: bytes + end)
        end += step.written
        rawCount -= step.consumed
        if rawCount > 0, let base = raw.baseAddress {
            base.copyMemory(from: base + step.consumed, byteCount: rawCount)
        }
        fault = step.fault
        isAtEnd = rawIsLast || step.fault != nil
    }
}
