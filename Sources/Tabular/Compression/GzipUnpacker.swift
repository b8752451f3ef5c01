import CZlib

/// Undoes gzip (RFC 1952) by zlib: members one after another, with zeros after the last as tapes and blocks leave them.
/// Each member's checksum and length are held against what came out.
final class GzipUnpacker: Unpacker {
    private enum Place {
        /// At the beginning, where a member has to be.
        case start
        /// Inside a member.
        case member
        /// After a member: another one, zeros or the end may follow.
        case afterMember
        /// In the zeros after the last member.
        case padding
    }

    /// zlib keeps a pointer to its stream: it may not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private let isReady: Bool
    private var place = Place.start

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 is the largest window, 32 KiB; 16 more let nothing but gzip in.
        isReady = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit {
        if isReady { inflateEnd(stream) }
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    var mayEnd: Bool {
        switch place {
        case .afterMember, .padding: true
        case .start, .member: false
        }
    }

    func unpack(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(UnpackingFault) -> UnpackingStep {
        guard isReady else { throw .damaged("there is no memory to unpack gzip") }
        guard let first = input.first else { return UnpackingStep() }
        switch place {
        case .start, .member: break
        case .afterMember where first == 0x1F:
            guard inflateReset(stream) == Z_OK else { throw .damaged("zlib cannot begin another member") }
        case .afterMember, .padding:
            let zeros = input.firstIndex { $0 != 0 } ?? input.count
            place = .padding
            guard zeros == input.count else {
                throw .damaged("something else follows the gzip data", after: zeros)
            }
            return UnpackingStep(consumed: zeros)
        }
        return try inflate(input, into: output)
    }

    private func inflate(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(UnpackingFault) -> UnpackingStep {
        let (given, room) = (min(input.count, 1 << 30), min(output.count, 1 << 30))
        // zlib reads from what its interface has as writable.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(given)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(room)
        let code = CZlib.inflate(stream, Z_NO_FLUSH)
        let step = UnpackingStep(
            consumed: given - Int(stream.pointee.avail_in), written: room - Int(stream.pointee.avail_out))
        switch code {
        case Z_OK, Z_BUF_ERROR: place = .member
        case Z_STREAM_END: place = .afterMember
        case Z_MEM_ERROR: throw .damaged("there is no memory to unpack gzip", after: step.consumed)
        default:
            let words = stream.pointee.msg.map { ": " + String(cString: $0) } ?? ""
            throw .damaged("the gzip data is damaged\(words)", after: step.consumed)
        }
        return step
    }
}
