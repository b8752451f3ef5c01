import Foundation
import SourceModel

/// How a record's login is shown to an HTTP server.
enum HTTPCredentials: Sendable {
    case none
    /// RFC 7617, in UTF-8.
    case basic(username: String, password: Secret)
    /// RFC 6750, section 2.1.
    case bearer(Secret)
    /// A field whose value is the secret.
    case field(name: String, Secret)

    /// - Parameter header: the field that the record names for its password; nil where it names none.
    init(_ login: Login, header: String?) {
        if let header, let password = login.password {
            self = .field(name: header, password)
        } else if let username = login.username, !username.isEmpty {
            self = .basic(username: username, password: login.password ?? Secret(""))
        } else if let password = login.password {
            self = .bearer(password)
        } else {
            self = .none
        }
    }

    /// The field that shows them; nil where there are none.
    var field: (name: String, value: String)? {
        switch self {
        case .none: return nil
        case .basic(let username, let password):
            let pair = Data("\(username):\(password.reveal())".utf8)
            return ("Authorization", "Basic \(pair.base64EncodedString())")
        case .bearer(let token): return ("Authorization", "Bearer \(token.reveal())")
        case .field(let name, let value): return (name, value.reveal())
        }
    }

    /// A text in UTF-8 without the secret, as it stands or as it was sent, however its letters are escaped.
    ///
    /// - Parameter isCut: whether the text goes on behind its end: then what may be a secret's beginning there is hidden
    ///   too.
    func hidden(in text: [UInt8], isCut: Bool) -> [UInt8] {
        let secrets: [String]
        switch self {
        case .none: return text
        case .basic(_, let password):
            let sent = field.map { String($0.value.dropFirst("Basic ".count)) } ?? ""
            secrets = [sent, password.reveal()]
        case .bearer(let password), .field(_, let password): secrets = [password.reveal()]
        }
        // Most of what is looked through is a word or two, and many secrets are long.
        return secrets.filter { !$0.isEmpty && (isCut || $0.unicodeScalars.count <= text.count) }
            .reduce(text) { SecretSpellings($1).hidden(in: $0, isCut: isCut) }
    }

    /// How they are shown, in a word or two; nil where there are none.
    var summary: String? {
        switch self {
        case .none: nil
        case .basic(let username, _): "basic, user \(username)"
        case .bearer: "bearer token"
        case .field(let name, _): "field \(name)"
        }
    }
}
