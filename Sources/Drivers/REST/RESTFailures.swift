import SourceModel

/// What an API's refusals mean.
enum RESTFailures {
    /// 401 and 403 to the probe.
    static func login(_ answer: HTTPAnswer, _ client: HTTPClient) async -> SourceFailure {
        let said = await HTTPRefusals.words(of: answer)
        let hint =
            switch client.credentials {
            case .none:
                "Set username and password, or password alone for a bearer token; or set options.probe to a path that "
                    + "anybody may read."
            case .basic: "Check username and password."
            case .bearer: "Check password, which is shown as a bearer token; set username for Basic."
            case .field(let name, _): "Check password, and that the server reads it from the field \(name)."
            }
        let refused = client.credentials.summary == nil ? "lets nobody in without a" : "does not accept the"
        let there = answer.location.origin
        let isElsewhere = there != client.origin
        let isUpgrade = client.origin?.isUpgraded(to: there) ?? false
        return SourceFailure(
            .login, .loginFailed,
            isElsewhere
                ? "\(answer.location.origin), to which the server redirects, wants a login: \(answer.statusLine)."
                : "\(answer.location.origin) \(refused) login: \(answer.statusLine).",
            hint: isUpgrade
                ? "Set ssl to true, and port to \(there.port); a login is shown to no other than the record's own server."
                : isElsewhere
                    ? "Set host and port to that server; a login is shown to no other than host and port." : hint,
            server: said)
    }

    /// A page of rows was refused.
    static func statement(_ answer: HTTPAnswer) async -> SourceFailure {
        let said = await HTTPRefusals.words(of: answer)
        return SourceFailure(
            .query, .httpStatus, "\(answer.location.origin) answered \(answer.statusLine).",
            hint: answer.status >= 500
                ? "Send it again in a moment; if it stays so, look into the server's log."
                : "Correct the statement's path and parameters.",
            server: said)
    }

    /// The statement's own text is not one.
    static func path(_ what: String, hint: String = RESTFailures.pathHint) -> SourceFailure {
        SourceFailure(.query, .statementRefused, what, hint: hint)
    }

    static let pathHint = "Send a path below the base path, such as /orders?state={}, with its values in parameters."

    /// An answer that cannot be made into rows.
    ///
    /// - Parameter stage: `query` or `schema`.
    static func answer(_ what: String, _ hint: String, stage: Stage) -> SourceFailure {
        SourceFailure(stage, stage == .schema ? .schemaUnavailable : .statementRefused, what, hint: hint)
    }
}
