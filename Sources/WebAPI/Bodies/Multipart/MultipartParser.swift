import Foundation
import NIOCore

/// Why a body is not multipart/form-data.
struct MultipartFault: Error, Equatable {
    /// A clause without a full stop.
    let what: String

    init(_ what: String) { self.what = what }
}

/// Takes a multipart body apart (RFC 2046, section 5.1; RFC 7578) as it comes: it eats bytes and says what they are. What
/// it holds is bounded by the pieces that it is given and by a part's header.
struct MultipartParser {
    enum Action: Equatable {
        case partBegan(PartHead)
        case bytes(ByteBuffer)
        case partEnded
        /// The last boundary was there; what follows it is nothing.
        case bodyEnded
    }

    /// A part's header, in bytes with its line breaks.
    static let headLimit = 8 << 10
    /// What may stand before the first boundary, and after the last, in bytes. Nobody sends any today.
    static let surroundingsLimit = 8 << 10

    private enum State: Equatable {
        /// Before the first boundary; so many bytes were passed over.
        case preamble(Int)
        /// After a boundary: two hyphens end the body, a line break begins a part. So many blanks were passed over.
        case boundary(Int)
        /// In a part's header, of which these lines came, with so many bytes.
        case head([[UInt8]], Int)
        /// After a part's header: a boundary here has no line break of its own.
        case content
        /// Among a part's bytes.
        case bytes
        /// After the last boundary; so many bytes were passed over.
        case epilogue(Int)
        /// A fault was found; it stays.
        case failed(MultipartFault)
    }

    private var state = State.preamble(0)
    /// A line break, two hyphens and the boundary.
    private let delimiter: [UInt8]
    private var pending: ByteBuffer

    /// - Parameter boundary: of the `Content-Type`.
    init(boundary: MultipartBoundary) {
        delimiter = Array("\r\n--\(boundary.text)".utf8)
        // The first boundary may stand at the body's beginning: then nothing but this line break is before it.
        pending = ByteBuffer(string: "\r\n")
    }

    /// Gives the next bytes; to be called when `next` returns nil.
    mutating func receive(_ bytes: ByteBuffer) {
        if pending.readableBytes == 0 {
            pending = bytes
        } else {
            pending.discardReadBytes()
            pending.writeImmutableBuffer(bytes)
        }
    }

    /// What comes next.
    ///
    /// - Returns: nil where more bytes are needed.
    mutating func next() throws(MultipartFault) -> Action? {
        do throws(MultipartFault) {
            while true {
                switch try step() {
                case .action(let action): return action
                case .again: continue
                case .more: return nil
                }
            }
        } catch {
            state = .failed(error)
            throw error
        }
    }

    /// Says that the body has ended.
    func finish() throws(MultipartFault) {
        switch state {
        case .epilogue: return
        case .failed(let fault): throw fault
        case .preamble: throw MultipartFault("it has no boundary such as its Content-Type names")
        case .boundary, .head, .content, .bytes: throw MultipartFault("it ended before its last boundary")
        }
    }

    // MARK: Steps

    private enum Step {
        case action(Action)
        /// The state has changed, or bytes were passed over.
        case again
        case more
    }

    private mutating func step() throws(MultipartFault) -> Step {
        switch state {
        case .preamble(let passed): return try preamble(passed)
        case .boundary(let blanks): return try boundary(blanks)
        case .head(let lines, let size): return try head(lines, size)
        case .content: return content()
        case .bytes: return bytes()
        case .epilogue(let passed):
            let size = passed + pending.readableBytes
            pending.clear()
            guard size <= Self.surroundingsLimit else { throw MultipartFault("much follows its last boundary") }
            state = .epilogue(size)
            return .more
        case .failed(let fault): throw fault
        }
    }

    private mutating func preamble(_ passed: Int) throws(MultipartFault) -> Step {
        let (count, isWhole) = scan()
        guard passed + count <= Self.surroundingsLimit else {
            throw MultipartFault("it has no boundary such as its Content-Type names")
        }
        pending.moveReaderIndex(forwardBy: count)
        guard isWhole else {
            state = .preamble(passed + count)
            return .more
        }
        pending.moveReaderIndex(forwardBy: delimiter.count)
        state = .boundary(0)
        return .again
    }

    private mutating func boundary(_ blanks: Int) throws(MultipartFault) -> Step {
        guard let first: UInt8 = pending.getInteger(at: pending.readerIndex) else { return .more }
        if first == 0x20 || first == 0x09 {
            guard blanks < 256 else { throw MultipartFault("many blanks follow a boundary") }
            pending.moveReaderIndex(forwardBy: 1)
            state = .boundary(blanks + 1)
            return .again
        }
        let isEnd = first == 0x2D && blanks == 0
        guard isEnd || first == 0x0D else { throw MultipartFault("a boundary does not end its line") }
        guard let two: UInt16 = pending.getInteger(at: pending.readerIndex) else { return .more }
        pending.moveReaderIndex(forwardBy: 2)
        switch two {
        case 0x2D2D:
            state = .epilogue(0)
            return .action(.bodyEnded)
        case 0x0D0A:
            state = .head([], 0)
            return .again
        default: throw MultipartFault("a boundary does not end its line")
        }
    }

    private mutating func head(_ lines: [[UInt8]], _ size: Int) throws(MultipartFault) -> Step {
        let room = Self.headLimit - size
        let view = pending.readableBytesView.prefix(room)
        guard let end = view.firstIndex(of: 0x0A) else {
            guard pending.readableBytes < room else {
                throw MultipartFault("a part's header has more than \(Self.headLimit) bytes")
            }
            return .more
        }
        let line = view[..<end]
        guard line.last == 0x0D, !line.dropLast().contains(where: { $0 == 0x0D || $0 == 0 }) else {
            throw MultipartFault("a line of a part's header does not end as lines do, or holds what no line does")
        }
        let text = Array(line.dropLast())
        pending.moveReaderIndex(forwardBy: line.count + 1)
        guard text.isEmpty else {
            guard text.first != 0x20, text.first != 0x09 else {
                throw MultipartFault("a line of a part's header is folded")
            }
            state = .head(lines + [text], size + line.count + 1)
            return .again
        }
        state = .content
        return .action(.partBegan(try PartHead(lines: lines)))
    }

    private mutating func content() -> Step {
        let bare = delimiter.dropFirst(2)
        let view = pending.readableBytesView.prefix(bare.count)
        guard view.elementsEqual(bare.prefix(view.count)) else {
            state = .bytes
            return .again
        }
        guard view.count == bare.count else { return .more }
        pending.moveReaderIndex(forwardBy: bare.count)
        state = .boundary(0)
        return .action(.partEnded)
    }

    private mutating func bytes() -> Step {
        let (count, isWhole) = scan()
        if count > 0, let slice = pending.readSlice(length: count) { return .action(.bytes(slice)) }
        guard isWhole else { return .more }
        pending.moveReaderIndex(forwardBy: delimiter.count)
        state = .boundary(0)
        return .action(.partEnded)
    }

    /// Looks for the delimiter.
    ///
    /// - Returns: how many bytes are before it, or before what may turn out to be it; and whether it is there.
    private func scan() -> (count: Int, isWhole: Bool) {
        pending.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress else { return (0, false) }
            var index = 0
            while index < bytes.count, let found = memchr(base + index, 0x0D, bytes.count - index) {
                index = UnsafeRawPointer(found) - base
                let length = min(delimiter.count, bytes.count - index)
                if memcmp(base + index, delimiter, length) == 0 { return (index, length == delimiter.count) }
                index += 1
            }
            return (bytes.count, false)
        }
    }
}
