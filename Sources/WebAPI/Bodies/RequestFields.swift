import HTTPTypes
import Hummingbird
import NIOCore
import SourceModel

extension Request {
    /// Collects and reads the body's fields.
    ///
    /// - Throws: `ErrorAnswer` 413, 415, 408 or 400.
    func bodyFields(within limit: Duration) async throws -> [String: BodyValue] {
        guard let contentType = headers[.contentType] else {
            throw ErrorAnswer(
                .unsupportedMediaType, "The request has no Content-Type; send \(BodyFormat.accepted), in UTF-8.")
        }
        guard let format = BodyFormat(contentType: contentType) else {
            throw ErrorAnswer(
                .unsupportedMediaType,
                "The content type \(SourceFailure.quoted(contentType)) is not read; send \(BodyFormat.accepted), in UTF-8."
            )
        }
        if let encoding = headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw ErrorAnswer(.unsupportedMediaType, "A compressed body is not read; send it without Content-Encoding.")
        }
        let bytes = try await collectedBody(within: limit)
        guard bytes.contains(where: { $0 > 0x20 }) else {
            throw ErrorAnswer(
                SourceFailure.body("The request has no body.", hint: "Send the data source's fields in the body."))
        }
        return try format.fields(in: bytes)
    }

    /// The whole body, refused without reading on where it is above the limit, or too slow.
    private func collectedBody(within limit: Duration) async throws -> [UInt8] {
        let tooLarge = ErrorAnswer(
            .contentTooLarge, "The body is larger than 1 MiB.", closesConnection: true)
        let announced = headers[.contentLength].flatMap { Int($0) }
        if let announced, announced > BodyLimits.size { throw tooLarge }
        return try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask { [body] in
                var bytes: [UInt8] = []
                for try await part in body {
                    guard bytes.count + part.readableBytes <= BodyLimits.size else { throw tooLarge }
                    bytes.append(contentsOf: part.readableBytesView)
                }
                guard announced == nil || announced == bytes.count else {
                    throw ErrorAnswer(SourceFailure.body("The body ended too early.", hint: "Send it again."))
                }
                return bytes
            }
            group.addTask {
                try await Task.sleep(for: limit)
                throw ErrorAnswer(
                    .requestTimeout, "The body did not arrive within \(limit.components.seconds) s.",
                    closesConnection: true)
            }
            defer { group.cancelAll() }
            // Two children were added, so there is a first to end.
            guard let bytes = try await group.next() else { throw CancellationError() }
            return bytes
        }
    }
}
