import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A data directory that this process alone serves, for as long as the value lives.
///
/// The claim is a lock of the system on an open file (`flock`): it ends with the process, however that ends.
package final class DataDirectory: Sendable {
    /// Where it is.
    package let url: URL
    private let descriptor: CInt

    private init(url: URL, descriptor: CInt) {
        self.url = url
        self.descriptor = descriptor
    }

    deinit { Self.closeFile(descriptor) }

    /// Makes the directory where it is missing, and claims it.
    ///
    /// - Throws: `RegistryError.directoryInUse` where another claim holds, `RegistryError.storage` for all else.
    package static func claim(_ url: URL) throws(RegistryError) -> DataDirectory {
        try prepare(url)
        let descriptor = try openPrivate(url.appending(path: "wellhead.lock"))
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            closeFile(descriptor)
            guard code == EWOULDBLOCK else { throw failure("cannot be claimed", url, code) }
            throw .directoryInUse(url.path(percentEncoded: false))
        }
        return DataDirectory(url: url, descriptor: descriptor)
    }

    /// Makes the directory where it is missing, and closes it to others.
    static func prepare(_ url: URL) throws(RegistryError) {
        do {
            try FileManager.default.createDirectory(
                at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .storage("The data directory \(url.path(percentEncoded: false)) cannot be made.")
        }
        try close(url, to: 0o700)
    }

    /// Makes a file where it is missing, readable by its owner only. SQLite gives the mode of the database to its
    /// companions, so that they are never open to others, not even for a moment.
    static func makePrivateFile(_ url: URL) throws(RegistryError) {
        closeFile(try openPrivate(url))
    }

    /// Takes the others' rights away from a file that was there before us.
    static func closeToOthers(_ url: URL) throws(RegistryError) {
        guard access(url.path(percentEncoded: false), F_OK) == 0 else { return }
        try close(url, to: 0o600)
    }

    private static func close(_ url: URL, to mode: mode_t) throws(RegistryError) {
        let path = url.path(percentEncoded: false)
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure("cannot be looked at", url, errno) }
        guard status.st_mode & 0o777 & ~mode != 0 else { return }
        guard chmod(path, mode) == 0 else {
            throw failure("is open to others and cannot be closed to them", url, errno)
        }
    }

    private static func openPrivate(_ url: URL) throws(RegistryError) -> CInt {
        let path = url.path(percentEncoded: false)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot be opened", url, errno) }
        guard fchmod(descriptor, 0o600) == 0 else {
            let code = errno
            closeFile(descriptor)
            throw failure("is not ours", url, code)
        }
        return descriptor
    }

    /// The system's `close`. Nothing was written through these descriptors, so its answer tells nothing.
    private static func closeFile(_ descriptor: CInt) {
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }

    private static func failure(_ what: String, _ url: URL, _ code: CInt) -> RegistryError {
        .storage("\(url.path(percentEncoded: false)) \(what): \(String(cString: strerror(code))).")
    }
}
