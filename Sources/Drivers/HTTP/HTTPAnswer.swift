import HTTPWire
import NIOCore
import SourceModel

/// What an HTTP server answered: the head is here, the body is read from it.
struct HTTPAnswer: Sendable {
    let status: Int
    /// The words that belong to the status.
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
    /// The media type in lower case, without its parameters; nil where none is said.
    var mediaType: String? {
        fields.first("Content-Type").map { value in
            value.prefix { $0 != ";" }.split(whereSeparator: \.isWhitespace).joined().lowercased()
        }
    }

    /// The codings that the body is wrapped in (RFC 9110, section 8.4), outermost last; none were asked for.
    var contentCodings: [String] {
        fields.list("Content-Encoding").map { $0.lowercased() }.filter { $0 != "identity" && !$0.isEmpty }
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

    /// Reads the rest away where it is short, so that the connection can be used again; else the connection is closed when
    /// the answer is let go.
    ///
    /// - Parameter limit: bytes.
    func discard(upTo limit: Int = 64 << 10) async {
        var left = limit
        // Whoever comes next sees whether the connection still is.
        while left > 0, let piece = try? await body.next() { left -= piece.readableBytes }
    }

    /// The first words of the body for a person: markup left out, on one line, at most 300 characters.
    func firstWords() async -> String {
        var bytes: [UInt8] = []
        while bytes.count < 4096, let piece = try? await body.next() {
            bytes += piece.readableBytesView.prefix(4096 - bytes.count)
        }
        await discard()
        guard contentCodings.isEmpty else { return "" }
        let text = credentials.hidden(in: String(decoding: bytes, as: UTF8.self))
        return HTTPAnswer.words(text, isMarkup: mediaType?.hasSuffix("html") ?? false)
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
