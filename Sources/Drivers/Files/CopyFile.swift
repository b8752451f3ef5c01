import Dispatch
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import SourceModel

/// A file of the cache that is written from its beginning to its end, on a queue of its own: a disk may be slow.
final class CopyFile: Sendable {
    /// Bytes that are gathered before they are written.
    private static let chunk = 256 << 10

    private struct State {
        var handle: FileHandle?
        var gathered = ByteBuffer()
        var size = 0
    }

    let url: URL
    private let name: String
    private let state: NIOLockedValueBox<State>
    private let queue = DispatchQueue(label: "files.copy")

    /// Makes an empty file, which its owner alone may read.
    ///
    /// - Parameter name: the file's name in failures.
    init(in directory: URL, number: Int, named name: String) throws(SourceFailure) {
        url = directory.appending(path: "\(number).copy")
        self.name = name
        let path = url.path(percentEncoded: false)
        do {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
            else { throw CocoaError(.fileWriteUnknown) }
            state = NIOLockedValueBox(State(handle: try FileHandle(forWritingTo: url)))
        } catch {
            throw Self.unwritable(name, error)
        }
    }

    /// Bytes that were appended so far.
    var size: Int { state.withLockedValue { $0.size } }

    /// Appends bytes; returns when more may come.
    func append(_ bytes: ByteBuffer) async throws(SourceFailure) {
        let (size, full) = state.withLockedValue { state -> (Int, ByteBuffer?) in
            state.size += bytes.readableBytes
            state.gathered.writeImmutableBuffer(bytes)
            guard state.gathered.readableBytes >= Self.chunk else { return (state.size, nil) }
            defer { state.gathered = ByteBuffer() }
            return (state.size, state.gathered)
        }
        guard size <= FileRoom.sizeLimit else { throw Self.tooLarge(name) }
        if let full { try await write(full) }
    }

    /// Writes what is left and closes the file.
    func finish() async throws(SourceFailure) {
        let rest = state.withLockedValue { state in
            defer { state.gathered = ByteBuffer() }
            return state.gathered
        }
        if rest.readableBytes > 0 { try await write(rest) }
        do {
            try state.withLockedValue { state in
                defer { state.handle = nil }
                try state.handle?.close()
            }
        } catch {
            throw Self.unwritable(name, error)
        }
    }

    /// Removes the file; what cannot be removed is removed at the next start.
    func remove() {
        state.withLockedValue { $0.handle = nil }
        try? FileManager.default.removeItem(at: url)
    }

    private func write(_ bytes: ByteBuffer) async throws(SourceFailure) {
        guard let handle = state.withLockedValue({ $0.handle }) else { return }
        let failure = await withCheckedContinuation { (continuation: CheckedContinuation<(any Error)?, Never>) in
            queue.async {
                do {
                    try handle.write(contentsOf: Data(bytes.readableBytesView))
                    continuation.resume(returning: nil)
                } catch {
                    continuation.resume(returning: error)
                }
            }
        }
        if let failure { throw Self.unwritable(name, failure) }
    }

    static func tooLarge(_ name: String) -> SourceFailure {
        SourceFailure(
            .open, .fileTooLarge, "\(name) has more than \(FileRoom.sizeLimit) bytes, which is the limit.",
            hint: "Split the file.")
    }

    private static func unwritable(_ name: String, _ error: any Error) -> SourceFailure {
        SourceFailure(
            .open, .fileForbidden, "The service cannot write its copy of \(name).",
            hint: "Check the data directory's rights and room.", cause: "\(error)")
    }
}
