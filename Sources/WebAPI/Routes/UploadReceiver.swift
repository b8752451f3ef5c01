import Gateway
import HTTPTypes
import Hummingbird
import NIOCore
import SourceModel

/// Receives the files of a multipart body as a stream.
struct UploadReceiver: Sendable {
    /// Files of one upload.
    static let countLimit = 32

    let boundary: MultipartBoundary
    /// The time within which something has to come.
    let idleTime: Duration

    /// Writes the body's files as they come: the next bytes are asked for when these are written.
    ///
    /// - Parameter announced: the body's size, where it was told.
    /// - Throws: an `ErrorAnswer`, which closes the connection where there is more of the body, because it is not read.
    func receive(_ body: RequestBody, announced: Int? = nil, into upload: Upload) async throws {
        let pace = BodyPace(idleTime: idleTime)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [boundary] in
                    var parser = MultipartParser(boundary: boundary)
                    var count = 0
                    for try await bytes in body {
                        pace.arrived(bytes.readableBytes)
                        parser.receive(bytes)
                        while let action = try parser.next() { try await perform(action, on: upload, &count) }
                        pace.waits()
                    }
                    try parser.finish()
                    guard count > 0 else { throw MultipartFault("it holds no file") }
                }
                group.addTask {
                    try await pace.isTooSlow()
                    throw ErrorAnswer(
                        .requestTimeout,
                        "The body came too slowly: nothing within \(idleTime.components.seconds) s, or less than "
                            + "\(BodyPace.slowest) bytes a second.")
                }
                defer { group.cancelAll() }
                // The first to end decides: the body is whole, or something is wrong.
                try await group.next()
            }
        } catch {
            throw pace.bytes == announced ? ErrorAnswer(any: error) : ErrorAnswer(any: error).closing
        }
    }

    private func perform(_ action: MultipartParser.Action, on upload: Upload, _ count: inout Int) async throws {
        switch action {
        case .partBegan(let head):
            guard let name = head.fileName else {
                throw MultipartFault("its part \(SourceFailure.quoted(head.name)) is no file")
            }
            count += 1
            guard count <= Self.countLimit else { throw MultipartFault("it holds more than \(Self.countLimit) files") }
            try await upload.begin(FileName(reducing: name))
        case .bytes(let bytes): try await upload.write(bytes)
        case .partEnded: try await upload.end()
        case .bodyEnded: break
        }
    }
}
