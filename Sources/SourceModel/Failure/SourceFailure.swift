/// The one error of everything that concerns a data source: where it happened, what exactly, and how to mend it.
/// Safe to send to the caller as it is; no field may ever hold a secret.
package struct SourceFailure: Error, Sendable, Equatable {
    /// The step that failed.
    package var stage: Stage
    /// What failed, for programs.
    package var code: FailureCode
    /// What happened, with the names involved: one sentence with a full stop.
    package var message: String
    /// What to do about it: an imperative that names the field.
    package var hint: String
    /// The fields that are to blame, for validation.
    package var fields: [FieldComplaint]
    /// What the other side said, where it said something.
    package var server: ServerWords?
    /// Detail for our own logs, free of secrets; never sent.
    package var cause: String?

    package init(
        _ stage: Stage, _ code: FailureCode, _ message: String, hint: String, fields: [FieldComplaint] = [],
        server: ServerWords? = nil, cause: String? = nil
    ) {
        self.stage = stage
        self.code = code
        self.message = message
        self.hint = hint
        self.fields = fields
        self.server = server
        self.cause = cause
    }
}

/// What the other side said in its own words.
package struct ServerWords: Sendable, Equatable {
    /// The server's own code: an SQLSTATE, a MySQL errno, an SSH reason.
    package var code: String
    /// The server's text, bounded to 1,024 characters.
    package var text: String
    /// Where in the statement, in characters from 1, where the server says so.
    package var position: Int?
    /// What the server advises, bounded like its text.
    package var hint: String?

    package init(code: String, text: String, position: Int? = nil, hint: String? = nil) {
        self.code = code
        self.text = String(text.prefix(1024))
        self.position = position
        self.hint = hint.map { String($0.prefix(1024)) }
    }
}

/// One field that cannot stay as it was sent.
package struct FieldComplaint: Sendable, Equatable {
    /// The field's name as the caller wrote it; `options.poolMax` for one inside `options`.
    package var field: String
    package var code: FailureCode
    package var message: String

    package init(field: String, code: FailureCode, message: String) {
        self.field = field
        self.code = code
        self.message = message
    }
}

extension SourceFailure: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { message }
    package var debugDescription: String {
        "\(stage.rawValue)/\(code.rawValue): \(message)\(cause.map { " (\($0))" } ?? "")"
    }
}
