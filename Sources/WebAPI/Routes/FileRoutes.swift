import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import NIOCore
import SourceModel

/// `/files`: puts files into the service's file directory, lists and removes them.
struct FileRoutes: Sendable {
    /// What boundaries and headers may add to the files, in bytes.
    static let envelopeLimit = 1 << 20

    let gateway: Gateway
    let files: FileStore
    let slots: TestSlots
    /// The time within which something has to come.
    let bodyTime: Duration

    func upload(_ request: Request, _ context: WebContext) async throws -> Response {
        let parameters = try QueryParameters(request)
        try parameters.require(only: Endpoint.uploadFiles.parameters)
        let replacing = try parameters.flag("replace", default: false)
        let boundary = try MultipartBoundary(of: request.headers)
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        if let announced, announced > files.sizeLimit + Self.envelopeLimit {
            throw ErrorAnswer(FileStoreError.tooLarge(limit: files.sizeLimit)).closing
        }
        return try await slots.withSlot {
            let upload = files.receive(replacing: replacing)
            do {
                try await request.inviteBody(on: context.channel)
                try await UploadReceiver(boundary: boundary, idleTime: bodyTime)
                    .receive(request.body, announced: announced, into: upload)
                let received = try await upload.publish()
                return request.answerFormat.response(
                    .object([.init("files", .list(element: "file", received.map(\.answer)))]), root: "upload")
            } catch {
                await upload.discard()
                throw error
            }
        }
    }

    func list(_ request: Request, _ context: WebContext) async throws -> Response {
        let parameters = try QueryParameters(request)
        try parameters.require(only: Endpoint.listFiles.parameters)
        let start = try parameters.number("_start", in: 0...Int(Int32.max)) ?? 0
        let limit =
            try parameters.number("_limit", in: 0...RecordQuery.maximumLimit) ?? RecordQuery.defaultLimit
        let all = try await files.files()
        return request.answerFormat.response(
            .list(element: "item", all.dropFirst(start).prefix(limit).map(\.answer)), root: "items",
            headers: [.totalCount: String(all.count)])
    }

    func delete(_ request: Request, _ context: WebContext) async throws -> Response {
        try QueryParameters(request).require(only: Endpoint.deleteFile.parameters)
        let text = try context.parameters.require("name")
        guard let name = text.removingPercentEncoding.flatMap({ FileName($0) }) else {
            throw ErrorAnswer(.notFound, "There is no file \(SourceFailure.quoted(text)).")
        }
        let readers = try await gateway.records(reading: name)
        guard readers.isEmpty else {
            let names = readers.prefix(10).map { SourceFailure.quoted($0) }.joined(separator: ", ")
            throw ErrorAnswer(
                .conflict,
                "The file \(SourceFailure.quoted(name.text)) is read by \(names)\(readers.count > 10 ? ", …" : ""); "
                    + "delete or change what reads it first.")
        }
        try await files.remove(name)
        return request.answerFormat.response(.object([.init("code", .integer(200)), .init("message", .text("OK"))]))
    }
}

extension ErrorAnswer {
    /// This answer, after which nothing more is read from the caller.
    var closing: ErrorAnswer {
        var answer = self
        answer.closesConnection = true
        return answer
    }

    init(_ fault: MultipartFault) {
        self.init(
            SourceFailure.body(
                "The body cannot be read as multipart/form-data: \(fault.what).",
                hint: "Send one or more files as curl -F file=@orders.csv does."))
    }

    init(_ error: FileStoreError) {
        switch error {
        case .noName(let text):
            self.init(
                SourceFailure.body(
                    "The file name \(SourceFailure.quoted(text)) cannot be used.",
                    hint: "Give the file a name such as orders.csv."))
        case .nameTooLong(let size):
            self.init(
                SourceFailure.body(
                    "The file name has \(size) bytes; \(FileName.sizeLimit) are taken at most.",
                    hint: "Give the file a shorter name."))
        case .nameRepeated(let name):
            self.init(
                SourceFailure.body(
                    "Two files of the upload are called \(SourceFailure.quoted(name.text)).",
                    hint: "Give each file its own name."))
        case .exists(let name):
            self.init(
                .conflict,
                "There is a file \(SourceFailure.quoted(name.text)) already; send it to /files?replace=true to replace it."
            )
        case .notAFile(let name):
            // No conflict: replacing would not help.
            self.init(
                SourceFailure.body(
                    "What is called \(SourceFailure.quoted(name.text)) in the file directory is no regular file.",
                    hint: "Use another name."))
        case .notFound(let name):
            self.init(.notFound, "There is no file \(SourceFailure.quoted(name.text)).")
        case .tooLarge(let limit):
            self.init(
                .contentTooLarge,
                "An upload may have \(limit) bytes at most; the service's setting uploadBytes says so.")
        case .noRoom:
            self.init(
                .insufficientStorage,
                "The disk of the file directory has no room for the upload; nothing of it is kept.")
        case .refused(let what, let cause):
            self.init(.serviceUnavailable, "\(what): \(cause).")
        }
    }
}

extension HTTPResponse.Status {
    /// 507 (RFC 4918, section 11.5).
    static let insufficientStorage = HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
}

extension StoredFile {
    fileprivate var answer: AnswerNode {
        .object([
            .init("name", .text(name.text)), .init("size", .integer(size)), .init("modified", .date(modified)),
        ])
    }
}

extension ReceivedFile {
    fileprivate var answer: AnswerNode {
        .object([
            .init("name", .text(name.text)), .init("size", .integer(size)), .init("sha256", .text(digest)),
            .init("replaced", .flag(isReplacement)), .init("database", .text(name.text)),
        ])
    }
}
