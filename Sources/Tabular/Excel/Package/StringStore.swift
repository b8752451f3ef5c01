import Foundation
import SourceModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The strings that a workbook's cells share, by number. They are kept in files that have no name any more and are looked
/// at through the memory map: what they take is the system's to give and to take back, however many there are.
final class StringStore {
    /// All strings together, in bytes, with eight for where each ends.
    static let sizeLimit = 4 << 30
    private static let flushSize = 256 << 10

    private let file: String
    private let limit: Int
    private var texts: Spill
    private var ends: Spill
    private(set) var count = 0

    /// - Parameters:
    ///   - path: where the files are made; whatever is there is none of ours.
    ///   - file: the workbook's name in failures.
    ///   - limit: in bytes, as `sizeLimit`.
    init(at path: String, named file: String, limit: Int = StringStore.sizeLimit) throws(SourceFailure) {
        (self.file, self.limit) = (file, limit)
        texts = try Spill(path + ".strings", file)
        ends = try Spill(path + ".ends", file)
    }

    /// Adds a string of UTF-8.
    func add(_ bytes: UnsafeRawBufferPointer) throws(SourceFailure) {
        guard texts.size + ends.size + bytes.count + 8 <= limit else {
            throw SourceFailure(
                .open, .fileTooLarge, "\(file) has more than \(limit) bytes of shared strings.",
                hint: "Split the workbook.")
        }
        try texts.append(bytes)
        var end = UInt64(texts.size)
        try withUnsafeBytes(of: &end) { (bytes) throws(SourceFailure) in try ends.append(bytes) }
        count += 1
    }

    /// Says that every string was added.
    func seal() throws(SourceFailure) {
        try texts.map()
        try ends.map()
    }

    /// A string by its number; it stays where it is for as long as the store lives.
    ///
    /// - Returns: nil where there is none.
    func string(_ index: Int) -> UnsafeRawBufferPointer? {
        guard index >= 0, index < count else { return nil }
        let start = index == 0 ? 0 : end(index - 1)
        return UnsafeRawBufferPointer(rebasing: texts.bytes[start..<end(index)])
    }

    private func end(_ index: Int) -> Int { Int(ends.bytes.load(fromByteOffset: index * 8, as: UInt64.self)) }

    /// Bytes that go to a file as they come, and are looked at when all are there.
    private final class Spill {
        private let descriptor: CInt
        private let name: String
        private var waiting: [UInt8] = []
        private(set) var size = 0
        private(set) var bytes = UnsafeRawBufferPointer(start: nil, count: 0)

        init(_ path: String, _ name: String) throws(SourceFailure) {
            self.name = name
            descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw Self.failure(errno, name) }
            unlink(path)
            waiting.reserveCapacity(StringStore.flushSize)
        }

        deinit {
            if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
            if descriptor >= 0 { close(descriptor) }
        }

        func append(_ more: UnsafeRawBufferPointer) throws(SourceFailure) {
            waiting.append(contentsOf: more)
            size += more.count
            if waiting.count >= StringStore.flushSize { try flush() }
        }

        private func flush() throws(SourceFailure) {
            var done = 0
            while done < waiting.count {
                let count = waiting.withUnsafeBytes { bytes in
                    bytes.baseAddress.map { write(descriptor, $0 + done, bytes.count - done) } ?? 0
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Self.failure(errno, name) }
                done += count
            }
            waiting.removeAll(keepingCapacity: true)
        }

        func map() throws(SourceFailure) {
            try flush()
            guard size > 0 else { return }
            // The file has no name, so that nobody can make it shorter while it is mapped.
            guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
                throw Self.failure(errno, name)
            }
            bytes = UnsafeRawBufferPointer(start: base, count: size)
        }

        private static func failure(_ code: CInt, _ name: String) -> SourceFailure {
            SourceFailure(
                .open, .fileForbidden, "The service cannot write to its cache for \(name).",
                hint: "Check the data directory's rights and room.", cause: String(cString: strerror(code)))
        }
    }
}
