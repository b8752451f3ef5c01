import Foundation
import SourceModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a file's content is known by, as long as nobody sets its clock back.
package struct FileIdentity: Sendable, Hashable {
    package let path: String
    package let size: Int
    private let device: UInt64
    private let inode: UInt64
    private let modified: Int
    private let modifiedNanoseconds: Int

    /// Looks at the file that is at a path now.
    ///
    /// - Throws: `file_not_found` or `file_forbidden`.
    package init(at path: String, named name: String) throws(SourceFailure) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw OpenFile.failure(errno, named: name) }
        self.init(path, status)
    }

    fileprivate init(_ path: String, _ status: stat) {
        self.path = path
        size = Int(status.st_size)
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        (modified, modifiedNanoseconds) = (Int(time.tv_sec), Int(time.tv_nsec))
    }
}

/// A regular file that is open for reading.
final class OpenFile {
    private let path: String
    /// The file's name in failures.
    let name: String
    private let descriptor: CInt

    /// - Parameter name: the file's name in failures.
    /// - Throws: `file_not_found` or `file_forbidden`.
    init(_ path: String, named name: String) throws(SourceFailure) {
        // The path has been resolved: a link that stands there now was put there since.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        (self.path, self.name) = (path, name)
        guard descriptor >= 0 else { throw Self.failure(errno, named: name) }
    }

    deinit {
        // It was only read from: closing cannot lose anything.
        if descriptor >= 0 { close(descriptor) }
    }

    /// What the open file is now.
    func identity() throws(SourceFailure) -> FileIdentity {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure(errno, named: name) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SourceFailure(
                .open, .fileForbidden, "\(name) is not a regular file.", hint: "Set database to the path of a file.")
        }
        return FileIdentity(path, status)
    }

    /// Reads from a place in the file.
    ///
    /// - Returns: how many bytes were read; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SourceFailure) -> Int {
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count >= 0 { return count }
            guard errno == EINTR else { throw Self.failure(errno, named: name) }
        }
    }

    /// The file's first bytes.
    func beginning(_ size: Int) throws(SourceFailure) -> [UInt8] { try bytes(at: 0, count: size) }

    /// Some of the file's bytes; fewer where it ends before.
    func bytes(at offset: Int, count size: Int) throws(SourceFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        var count = 0
        while count < size {
            var read = 0
            do {
                read = try bytes.withUnsafeMutableBytes {
                    try self.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[count...]), at: offset + count)
                }
            } catch let failure as SourceFailure {
                throw failure
            } catch {
                throw Self.failure(EIO, named: name)
            }
            if read == 0 { break }
            count += read
        }
        bytes.removeLast(size - count)
        return bytes
    }

    /// A second descriptor of the open file, for a library that closes what it is given.
    func duplicate() throws(SourceFailure) -> CInt {
        let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard duplicate >= 0 else { throw Self.failure(errno, named: name) }
        return duplicate
    }

    /// Closes a descriptor that the library did not take. Nothing was written: closing cannot lose anything.
    func discard(duplicate: CInt) { close(duplicate) }

    fileprivate static func failure(_ code: CInt, named name: String) -> SourceFailure {
        let cause = String(cString: strerror(code))
        switch code {
        case ENOENT, ENOTDIR:
            return SourceFailure(
                .open, .fileNotFound, "There is no file \(name) in the service's file directory.",
                hint: "Set database to the path of a file that is there, or copy the file there.", cause: cause)
        case EACCES, EPERM, ELOOP:
            return SourceFailure(
                .open, .fileForbidden, "The file \(name) may not be read by the service.",
                hint: "Let the service's user read the file.", cause: cause)
        default:
            return SourceFailure(
                .open, .fileNotFound, "The file \(name) cannot be read: \(cause).",
                hint: "Check that the file is there and that the service may read it.", cause: cause)
        }
    }
}
