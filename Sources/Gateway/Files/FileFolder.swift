import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An open directory. Names are looked up in it and nowhere else, and links are never followed. Calls block.
final class FileFolder {
    /// What files are called while they are being received.
    static let prefix = ".upload-"

    private let descriptor: CInt

    init(_ directory: URL) throws(FileStoreError) {
        descriptor = open(directory.path(percentEncoded: false), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.error("The file directory cannot be opened") }
    }

    deinit {
        // It was only read from: closing cannot lose anything.
        if descriptor >= 0 { close(descriptor) }
    }

    /// Makes a new file that its owner alone may read, and locks it: what is not locked was left behind.
    func makeFile(_ name: String) throws(FileStoreError) -> CInt {
        let file = openat(descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.error("A file cannot be made in the file directory") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let error = Self.error("A file cannot be locked in the file directory")
            close(file)
            remove(name)
            throw error
        }
        return file
    }

    /// The regular file of a name.
    ///
    /// - Returns: nil where there is nothing of this name.
    func file(_ name: FileName) throws(FileStoreError) -> StoredFile? {
        var status = stat()
        guard fstatat(descriptor, name.text, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return nil }
            throw Self.error("The file \(name) cannot be looked at")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(name) }
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        return StoredFile(
            name: name, size: Int(status.st_size),
            modified: Date(timeIntervalSince1970: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9))
    }

    /// Gives a file its final name.
    ///
    /// - Throws: `exists` where there is something of this name and it is not to be replaced.
    func publish(_ temporary: String, as name: FileName, replacing: Bool) throws(FileStoreError) {
        if !replacing {
            // A link is made or is not: two uploads of one name cannot both believe to be the first.
            if linkat(descriptor, temporary, descriptor, name.text, 0) == 0 {
                remove(temporary)
                return
            }
            switch errno {
            case EEXIST: throw .exists(name)
            case EPERM, EOPNOTSUPP, ENOSYS, EMLINK:
                // A file system without links.
                guard try file(name) == nil else { throw .exists(name) }
            default: throw Self.error("The file \(name) cannot be put into the file directory")
            }
        } else {
            _ = try file(name)
        }
        guard renameat(descriptor, temporary, descriptor, name.text) == 0 else {
            throw Self.error("The file \(name) cannot be put into the file directory")
        }
    }

    /// Writes the directory itself to the disk.
    func synchronize() throws(FileStoreError) {
        guard fsync(descriptor) == 0 else { throw Self.error("The file directory cannot be written to the disk") }
    }

    /// Removes a file.
    ///
    /// - Throws: `notFound`.
    func remove(_ name: FileName) throws(FileStoreError) {
        guard try file(name) != nil else { throw .notFound(name) }
        guard unlinkat(descriptor, name.text, 0) == 0 else {
            throw errno == ENOENT ? .notFound(name) : Self.error("The file \(name) cannot be removed")
        }
    }

    /// Removes what has not got its final name. What cannot be removed is removed at the next start.
    func remove(_ temporary: String) { unlinkat(descriptor, temporary, 0) }

    /// The regular files that are not hidden, in no order.
    func files() throws(FileStoreError) -> [StoredFile] {
        var found: [StoredFile] = []
        for name in try names() {
            guard let name = FileName(name) else { continue }
            do throws(FileStoreError) {
                if let file = try file(name) { found.append(file) }
            } catch {
                guard case .notAFile = error else { throw error }
            }
        }
        return found
    }

    /// Removes files that a process was receiving when it ended.
    func sweep() throws(FileStoreError) {
        for name in try names() where name.hasPrefix(Self.prefix) {
            let file = openat(descriptor, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
            guard file >= 0 else { continue }
            // Another service on the same directory holds the lock while it receives.
            if flock(file, LOCK_EX | LOCK_NB) == 0 { remove(name) }
            close(file)
        }
    }

    private func names() throws(FileStoreError) -> [String] {
        // The stream owns the descriptor that it reads: it gets one of its own.
        let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard own >= 0 else { throw Self.error("The file directory cannot be read") }
        guard let stream = fdopendir(own) else {
            defer { close(own) }
            throw Self.error("The file directory cannot be read")
        }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            // A name that is no text cannot stand in a record either.
            if let name { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw Self.error("The file directory cannot be read") }
        return names
    }

    /// What the call that just failed failed of.
    static func error(_ what: String) -> FileStoreError {
        let code = errno
        switch code {
        case ENOSPC, EDQUOT, EFBIG: return .noRoom
        default: return .refused(what: what, cause: String(cString: strerror(code)))
        }
    }
}
