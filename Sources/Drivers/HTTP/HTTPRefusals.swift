import SourceModel

/// What an HTTP server's refusals mean, by status (RFC 9110, section 15).
enum HTTPRefusals {
    /// A file was asked for: 404 and 410 are `file_not_found`, 401 and 403 `file_forbidden`, the rest `http_status`; all at
    /// stage `open`. Reads the first words of the body.
    static func ofFile(_ answer: HTTPAnswer, named path: String) async -> SourceFailure {
        let said = await words(of: answer)
        let origin = answer.location.origin
        switch answer.status {
        case 404, 410:
            return SourceFailure(
                .open, .fileNotFound, "There is no file \(path) at \(origin).",
                hint: "Set database to the file's path at the server.", server: said)
        case 401, 403:
            return SourceFailure(
                .open, .fileForbidden, "\(origin) does not give out the file \(path): \(answer.statusLine).",
                hint: "Check username and password, and that this login may read the file.", server: said)
        default:
            return status(answer, said)
        }
    }

    /// Any answer that is no success: `http_status` at stage `open`.
    static func status(_ answer: HTTPAnswer, _ said: ServerWords) -> SourceFailure {
        SourceFailure(
            .open, .httpStatus, "\(answer.location.origin) answered \(answer.statusLine).",
            hint: answer.status >= 500
                ? "Look into the server's log, and try again in a moment."
                : "Read what the server said; check database, which is the path, and the login.",
            server: said)
    }

    /// The status, and the first words of the body.
    static func words(of answer: HTTPAnswer) async -> ServerWords {
        let text = await answer.firstWords()
        return ServerWords(code: String(answer.status), text: text.isEmpty ? answer.reason : text)
    }
}
