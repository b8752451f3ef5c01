import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that holds a master key and that nobody but its owner may read.
package struct MasterKeyFile: Sendable {
    /// Where it is.
    package let url: URL

    /// The file at this place, there or not.
    package init(_ url: URL) { self.url = url }

    /// The key in the file; nil where there is no file.
    ///
    /// - Throws: `VaultError.masterKey` for a file that others may read, or that holds no key.
    package func read() throws(VaultError) -> MasterKey? {
        let path = url.path(percentEncoded: false)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno == ENOENT else { throw failure("cannot be read") }
            return nil
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("cannot be read") }
        guard status.st_mode & 0o077 == 0 else {
            throw .masterKey("The master key file \(path) can be read by others; run: chmod 600 \(path)")
        }
        // A key's text has 44 characters and a line break: what is longer is no key.
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = bytes.withUnsafeMutableBytes { readBytes(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw failure("cannot be read") }
        return try MasterKey(base64: String(decoding: bytes.prefix(count), as: UTF8.self), from: path)
    }

    /// Writes a file that was not there, with mode 0600, and returns when it is on the disk.
    package func create(_ key: MasterKey) throws(VaultError) {
        let descriptor = open(url.path(percentEncoded: false), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot be made") }
        defer { close(descriptor) }
        let bytes = Array("\(key.base64)\n".utf8)
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count, fsync(descriptor) == 0 else {
            let error = failure("cannot be written")
            // Half a key must not stand in the next start's way; that it may stay does not change what is thrown.
            unlink(url.path(percentEncoded: false))
            throw error
        }
        try syncDirectory()
    }

    /// Takes the place of another file in one step.
    package func replace(_ other: MasterKeyFile) throws(VaultError) {
        guard rename(url.path(percentEncoded: false), other.url.path(percentEncoded: false)) == 0 else {
            throw failure("cannot be moved to \(other.url.path(percentEncoded: false))")
        }
        try syncDirectory()
    }

    /// Removes the file where it is there.
    package func remove() throws(VaultError) {
        guard unlink(url.path(percentEncoded: false)) == 0 || errno == ENOENT else {
            throw failure("cannot be removed")
        }
    }

    private func syncDirectory() throws(VaultError) {
        let directory = url.deletingLastPathComponent().path(percentEncoded: false)
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot be made durable") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot be made durable") }
    }

    private func failure(_ what: String) -> VaultError {
        .masterKey(
            "The master key file \(url.path(percentEncoded: false)) \(what): \(String(cString: strerror(errno))).")
    }
}

/// The system's `read`, under a name that the file's own `read` does not hide.
private func readBytes(_ descriptor: CInt, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
