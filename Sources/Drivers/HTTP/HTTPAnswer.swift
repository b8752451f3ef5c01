import HTTPWire
import NIOCore
import SourceModel

/// What an HTTP server answered: the head is here, the body is read from it.
struct HTTPAnswer: Sendable {
    let status: Int
    /// The standard's words for the status, not the server's own; empty where the standard has none.
    let reason: String
    let fields: HTTPFields
    /// Where the answer came from, after all redirects.
    let location: HTTPLocation
    /// From the call to the answer's head, redirects included.
    var elapsed: Duration = .zero
    /// How many redirects were followed.
    var redirects = 0
    /// The login that was shown: some servers say back what they were sent.
    var credentials = HTTPCredentials.none

    private let body: HTTPBody
    private let meaning: HTTPMeaning

    init(_ response: HTTPResponse, location: HTTPLocation, meaning: HTTPMeaning) {
        status = response.status
        reason = response.reason
        fields = response.fields
        body = response.body
        self.location = location
        self.meaning = meaning
    }

    /// `200 OK`.
    var statusLine: String { reason.isEmpty ? String(status) : "\(status) \(reason)" }
    var isSuccess: Bool { (200..<300).contains(status) }
    /// The media type in lower case, without its parameters, at most 100 characters; nil where none is said.
    var mediaType: String? {
        fields.first("Content-Type").map { value in
            said(String(value.prefix { $0 != ";" })).split(separator: " ").joined().lowercased()
        }
    }
    /// What the server calls itself, at most 100 characters; empty where it does not say.
    var serverName: String { said(fields.first("Server") ?? "") }

    /// The codings that the body is wrapped in (RFC 9110, section 8.4), outermost last; none were asked for. A few,
    /// and of each at most 32 characters.
    var contentCodings: [String] {
        let codings = fields.list("Content-Encoding").map { said($0).lowercased() }
        return codings.filter { $0 != "identity" && !$0.isEmpty }.prefix(8).map { String($0.prefix(32)) }
    }

    /// A text of the head, as it is shown to people: on one line, at most 100 characters, and without the login.
    private func said(_ text: String) -> String {
        let bytes = Array(text.utf8.prefix(400))
        let shown = credentials.hidden(in: bytes, isCut: bytes.count < text.utf8.count)
        return String(HTTPAnswer.words(String(decoding: shown, as: UTF8.self), isMarkup: false).prefix(100))
    }

    /// Where a redirect leads to; nil where the answer is none that is followed.
    var redirection: String? {
        switch status {
        case 301, 302, 303, 307, 308: fields.first("Location")
        default: nil
        }
    }

    // MARK: The body

    /// The next piece of the body; nil at its end. What is not read is not fetched. Cancelling the task closes the
    /// connection.
    ///
    /// - Parameter stage: where failures belong.
    func next(in stage: Stage) async throws(SourceFailure) -> ByteBuffer? {
        do throws(HTTPWireError) {
            return try await body.next()
        } catch {
            throw meaning.failure(for: error, in: stage)
        }
    }

    /// The whole body.
    ///
    /// - Throws: where it is longer than `limit` bytes; the connection is closed then.
    func collect(upTo limit: Int, in stage: Stage) async throws(SourceFailure) -> ByteBuffer {
        do throws(HTTPWireError) {
            return try await body.collect(upTo: limit)
        } catch {
            throw meaning.failure(for: error, in: stage)
        }
    }

    /// Reads the rest away where the server says that it is short, so that the connection can be used again; else the
    /// connection is closed when the answer is let go. What has no length may have no end.
    ///
    /// - Parameter stage: where failures belong.
    func discard(in stage: Stage) async throws(SourceFailure) {
        guard let length = fields.first("Content-Length").flatMap({ Int($0) }), length <= HTTPAnswer.shortLength else {
            return
        }
        while try await next(in: stage) != nil {}
    }

    /// Bytes that are rather read away than a connection opened for.
    private static let shortLength = 64 << 10

    /// The first words of the body for a person: markup left out, on one line, at most 300 characters.
    func firstWords() async -> String {
        let limit = 4096
        var bytes: [UInt8] = []
        // There are words as far as they come; the refusal that they belong to is told with less, too. Whoever comes next
        // sees whether the connection still is.
        while let piece = try? await body.next() {
            bytes += piece.readableBytesView.prefix(limit - bytes.count)
            if bytes.count == limit {
                try? await discard(in: .open)
                break
            }
        }
        guard contentCodings.isEmpty else { return "" }
        let text = credentials.hidden(in: bytes, isCut: bytes.count == limit)
        return HTTPAnswer.words(String(decoding: text, as: UTF8.self), isMarkup: mediaType?.hasSuffix("html") ?? false)
    }

    static func words(_ text: String, isMarkup: Bool) -> String {
        var plain = ""
        if isMarkup {
            var isInTag = false
            for character in text {
                switch character {
                case "<": (isInTag, plain) = (true, plain + " ")
                case ">" where isInTag: isInTag = false
                default: if !isInTag { plain.append(character) }
                }
            }
        } else {
            plain = text
        }
        let line = plain.split { character in
            character.isWhitespace || character.unicodeScalars.contains { $0.properties.generalCategory == .control }
        }.joined(separator: " ")
        return line.count > 300 ? line.prefix(300) + "…" : line
    }
}
