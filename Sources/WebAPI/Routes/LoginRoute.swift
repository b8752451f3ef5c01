import HTTPTypes
import Hummingbird
import SourceModel

/// `POST /auth/local`: a user's name and password for a signed token.
struct LoginRoute: Sendable {
    let doorkeeper: any Doorkeeper
    let logins: SignedLogin
    let limiter: FailureLimiter
    let slots: TestSlots
    let bodyTime: Duration

    func logIn(_ request: Request, _ context: WebContext) async throws -> Response {
        try QueryParameters(request).require(only: Endpoint.logIn.parameters)
        let fields = try await request.bodyFields(within: bodyTime)
        for name in fields.keys where name != "user" && name != "password" {
            throw SourceFailure(
                .validate, .unknownField, "The field \(SourceFailure.quoted(name)) is not known.",
                hint: "Send user and password.",
                fields: [FieldComplaint(field: name, code: .unknownField, message: "There is no such field.")])
        }
        let name = try Self.text("user", in: fields)
        let password = Secret(try Self.text("password", in: fields))
        // A password costs work to check, so whoever failed too often is refused before it, and counted by user, too:
        // many addresses can try one user.
        for key in [context.peer, "user \(name)"] {
            if let wait = limiter.wait(for: key) { throw ErrorAnswer.tooManyFailures(wait) }
        }
        let user = try await slots.withSlot { try await doorkeeper.user(named: name, password: password) }
        guard let user else {
            limiter.failed(context.peer)
            limiter.failed("user \(name)")
            throw ErrorAnswer.forbidden
        }
        context.frame.note(caller: user)
        return request.answerFormat.response(
            .object([.init("jwt", .text(try await logins.token(for: user))), .init("user", .text(user))]))
    }

    /// A text of bounded length.
    private static func text(_ name: String, in fields: [String: BodyValue]) throws(SourceFailure) -> String {
        guard case .text(let text)? = fields[name], !text.isEmpty, text.utf8.count <= 1024 else {
            let message = "The field \(name) is missing or is not a text."
            throw SourceFailure(
                .validate, .missingField, message, hint: "Send user and password.",
                fields: [FieldComplaint(field: name, code: .missingField, message: message)])
        }
        return text
    }
}
