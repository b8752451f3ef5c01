import HTTPTypes
import Hummingbird
import NIOCore
import WebAPI

/// The web page for people: static files that are part of the program and call the same API as everybody else. They
/// answer without a token, for they hold nothing; what they show they ask for with the token of whoever looks.
package struct Console: Sendable {
    /// What a browser may do with the page: load our own files, call us, and nothing else.
    package static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

    private let files: [String: SiteFile]

    package init() {
        files = Dictionary(uniqueKeysWithValues: SiteFile.all.map { ($0.name, $0) })
    }

    /// The names below `/console/`; `index.html` is also at `/`, and `docs.html`, the reader of the API's document, at
    /// `/docs`.
    package var names: [String] { files.keys.sorted() }

    /// Answers `GET` and `HEAD` of `/`, `/docs` and `/console/{name}`.
    package func add(to router: Router<WebContext>) {
        router.get("/") { [files] request, _ in try Self.answer(files["index.html"], request) }
        router.get("/docs") { [files] request, _ in try Self.answer(files["docs.html"], request) }
        router.get("/console/{name}") { [files] request, context in
            try Self.answer(files[try context.parameters.require("name")], request)
        }
    }

    /// The file, or 304 where the browser has it already (RFC 9110, section 13.1.2). It asks each time: a new version of
    /// the program has new files, and they must fit together.
    private static func answer(_ file: SiteFile?, _ request: Request) throws -> Response {
        guard let file else { throw HTTPError(.notFound) }
        var headers: HTTPFields = [
            .eTag: file.tag, .cacheControl: "no-cache", .contentSecurityPolicy: contentSecurityPolicy,
        ]
        let known = request.headers[.ifNoneMatch]?.split(separator: ",").map { tag in
            tag.drop { $0 == " " }.prefix { $0 != " " }
        }
        if known?.contains(where: { $0 == file.tag || $0 == "W/" + file.tag || $0 == "*" }) == true {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = file.contentType
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: file.content))
    }
}
