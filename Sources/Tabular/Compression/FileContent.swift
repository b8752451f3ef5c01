import SourceModel

/// A file's content from its beginning to its end, in pieces: the file's own bytes, or what they unpack to where the file
/// is compressed.
final class FileContent {
    /// A file that unpacks to more is refused: a few bytes can say that they are many.
    static let sizeLimit = 1 << 34
    private static let rawSize = 128 << 10

    /// How the file is compressed; told by its first bytes.
    let compression: Compression?
    /// Bytes of the file that were read.
    private var position = 0

    private let file: OpenFile
    private let limit: Int
    private let advance: (Int) throws -> Void
    private var unpacking: Unpacking?
    /// Bytes of content that were given.
    private var given = 0

    /// What is unpacked from, and by what.
    private struct Unpacking {
        let unpacker: any Unpacker
        /// The file's bytes; those from `start` to `end` were not taken yet.
        let raw: UnsafeMutableRawBufferPointer
        var start = 0
        var end = 0
        var isAtEnd = false
    }

    /// - Parameters:
    ///   - limit: how many bytes a compressed file may unpack to.
    ///   - advance: told at each piece how many of the file's own bytes were read for it, which may be none; what it
    ///     throws ends the reading.
    init(
        _ file: OpenFile, limit: Int = sizeLimit, advance: @escaping (Int) throws -> Void
    ) throws(SourceFailure) {
        (self.file, self.limit, self.advance) = (file, limit, advance)
        compression = Compression(ofBeginning: try file.beginning(Compression.magicLength))
        let unpacker: any Unpacker
        switch compression {
        case .gzip: unpacker = GzipUnpacker()
        case .zstd: unpacker = ZstdUnpacker()
        case nil: return
        }
        unpacking = Unpacking(
            unpacker: unpacker, raw: .allocate(byteCount: Self.rawSize, alignment: 16))
    }

    deinit { unpacking?.raw.deallocate() }

    /// Gives the next bytes.
    ///
    /// - Parameter buffer: not empty.
    /// - Returns: how many they are; 0 at the end.
    /// - Throws: `SourceFailure`: `file_malformed` with the place in the file, `file_too_large`, or what reading met; and
    ///   what `advance` throws.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard unpacking != nil else {
            let count = try file.read(into: buffer, at: position)
            position += count
            try advance(count)
            return count
        }
        while true {
            let before = position
            let step = try unpack(into: buffer)
            try advance(position - before)
            given += step.written
            guard given <= limit else {
                throw SourceFailure(
                    .open, .fileTooLarge,
                    "\(file.name) unpacks to more than \(limit) bytes, which is the limit.", hint: "Split the file.")
            }
            if step.written > 0 { return step.written }
            guard step.consumed == 0, let now = unpacking else { continue }
            // Nothing goes in and nothing comes out: there is no more.
            guard now.start == now.end, now.unpacker.mayEnd else {
                throw failure(.damaged("the \(compression?.rawValue ?? "") data is cut short"))
            }
            return 0
        }
    }

    /// The next bytes, as many as are asked for unless the content ends before.
    func read(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let more = try bytes.withUnsafeMutableBytes {
                try read(into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
            }
            if more == 0 { break }
            filled += more
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    /// Unpacks from what was read, and reads more where all of it was taken.
    private func unpack(into buffer: UnsafeMutableRawBufferPointer) throws(SourceFailure) -> UnpackingStep {
        guard var now = unpacking else { return UnpackingStep() }
        defer { unpacking = now }
        if now.start == now.end, !now.isAtEnd {
            let count = try file.read(into: now.raw, at: position)
            position += count
            (now.start, now.end, now.isAtEnd) = (0, count, count == 0)
        }
        do throws(UnpackingFault) {
            let step = try now.unpacker.unpack(
                UnsafeRawBufferPointer(rebasing: now.raw[now.start..<now.end]), into: buffer)
            now.start += step.consumed
            return step
        } catch {
            now.start += error.consumed
            unpacking = now
            throw failure(error)
        }
    }

    private func failure(_ fault: UnpackingFault) -> SourceFailure {
        let waiting = unpacking.map { $0.end - $0.start } ?? 0
        return SourceFailure(
            .open, fault.code,
            "\(file.name) cannot be unpacked: byte \(position - waiting): \(fault.what).", hint: fault.hint)
    }
}
