import Crypto
import Foundation
import NIOCore
import SourceModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Files that are being received. They have other names until `publish`, which gives all of them theirs; whoever does
/// not come to it calls `discard`. Memory does not grow with the files.
package actor Upload {
    /// The file that is being written.
    private struct Current {
        let name: FileName
        let temporary: String
        let descriptor: CInt
        let isReplacement: Bool
        var size = 0
        var hash = SHA256()
    }

    /// A file that is whole and on the disk. It stays open, and so locked, until it has its name.
    private struct Whole {
        let temporary: String
        let descriptor: CInt
        let file: ReceivedFile
    }

    private nonisolated let executor = QueueExecutor(label: "gateway.files")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let directory: URL
    private let replacing: Bool
    private let sizeLimit: Int
    private var folder: FileFolder?
    private var current: Current?
    private var whole: [Whole] = []
    private var size = 0

    /// - Parameters:
    ///   - replacing: whether files of the same names may give way.
    ///   - sizeLimit: of all files together, in bytes.
    init(into directory: URL, replacing: Bool, sizeLimit: Int) {
        (self.directory, self.replacing, self.sizeLimit) = (directory, replacing, sizeLimit)
    }

    /// Begins with a file.
    package func begin(_ name: FileName) throws(FileStoreError) {
        guard !whole.contains(where: { $0.file.name == name }) else { throw .nameRepeated(name) }
        let folder = try openFolder()
        // Nobody should send a gigabyte to learn this.
        let existing = try folder.file(name)
        guard existing == nil || replacing else { throw .exists(name) }
        let temporary = "\(FileFolder.prefix)\(UUID().uuidString.lowercased())"
        current = Current(
            name: name, temporary: temporary, descriptor: try folder.makeFile(temporary),
            isReplacement: existing != nil)
    }

    /// Writes the file's next bytes.
    package func write(_ bytes: ByteBuffer) throws(FileStoreError) {
        guard var file = current else { return }
        size += bytes.readableBytes
        guard size <= sizeLimit else { throw .tooLarge(limit: sizeLimit) }
        file.size += bytes.readableBytes
        bytes.withUnsafeReadableBytes { file.hash.update(bufferPointer: $0) }
        current = file
        var written = 0
        while written < bytes.readableBytes {
            let count = bytes.withUnsafeReadableBytes {
                Foundation.write(file.descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileFolder.error("The file \(file.name) cannot be written")
            }
            written += count
        }
    }

    /// Ends the file; it is on the disk then.
    package func end() throws(FileStoreError) {
        guard let file = current else { return }
        guard fsync(file.descriptor) == 0 else {
            throw FileFolder.error("The file \(file.name) cannot be written to the disk")
        }
        current = nil
        whole.append(
            Whole(
                temporary: file.temporary, descriptor: file.descriptor,
                file: ReceivedFile(
                    name: file.name, size: file.size, digest: file.hash.finalize().hexadecimal,
                    isReplacement: file.isReplacement)))
    }

    /// Gives all files their names.
    ///
    /// - Throws: `exists` where somebody else was faster; then none of the new names is there.
    package func publish() throws(FileStoreError) -> [ReceivedFile] {
        let folder = try openFolder()
        var published: [Whole] = []
        do throws(FileStoreError) {
            for next in whole {
                try folder.publish(next.temporary, as: next.file.name, replacing: replacing)
                published.append(next)
            }
            try folder.synchronize()
        } catch {
            for file in published where !file.file.isReplacement { folder.remove(file.file.name.text) }
            throw error
        }
        let files = whole.map(\.file)
        // What has its name is on the disk already: closing cannot lose anything.
        for file in whole { close(file.descriptor) }
        whole = []
        return files
    }

    /// Removes what has not got its name. May be called at any time, also after `publish`.
    package func discard() {
        if let file = current {
            close(file.descriptor)
            folder?.remove(file.temporary)
        }
        for file in whole {
            close(file.descriptor)
            folder?.remove(file.temporary)
        }
        (current, whole) = (nil, [])
    }

    private func openFolder() throws(FileStoreError) -> FileFolder {
        if let folder { return folder }
        let opened = try FileFolder(directory)
        folder = opened
        return opened
    }
}
