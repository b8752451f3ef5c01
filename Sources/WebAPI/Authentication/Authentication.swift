import Foundation
import HTTPTypes
import Hummingbird
import SourceModel

/// Lets nobody pass without a token that holds, and writes into the context who it is.
struct Authentication: RouterMiddleware {
    typealias Context = WebContext

    let doorkeeper: any Doorkeeper
    let logins: SignedLogin
    let limiter: FailureLimiter

    /// Longer texts are no token of ours.
    static let maximumTokenLength = 4096

    func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        // Who sends nothing has guessed nothing, and is not counted among those who fail.
        guard request.headers.contains(.authorization) else { throw ErrorAnswer.forbidden }
        guard let caller = try await caller(of: request) else {
            // A token that holds always passes: only those who fail are slowed down.
            if let wait = limiter.wait(for: context.peer) { throw ErrorAnswer.tooManyFailures(wait) }
            limiter.failed(context.peer)
            throw ErrorAnswer.forbidden
        }
        var context = context
        context.caller = caller
        context.frame.note(caller: caller)
        return try await next(request, context)
    }

    private func caller(of request: Request) async throws -> String? {
        let headers = request.headers[values: .authorization]
        guard headers.count == 1, let token = Self.bearerToken(in: headers[0]) else { return nil }
        guard token.utf8.count(where: { $0 == UInt8(ascii: ".") }) == 2 else {
            return try await doorkeeper.holder(ofToken: Secret(token))
        }
        guard let login = await logins.login(in: token),
            let since = try await doorkeeper.passwordDate(ofUser: login.user),
            // The login's time has whole seconds.
            login.at.timeIntervalSince1970.rounded(.down) >= since.timeIntervalSince1970.rounded(.down)
        else { return nil }
        return login.user
    }

    /// The token of `Bearer …` (RFC 6750, section 2.1); the scheme's case does not matter.
    static func bearerToken(in header: String) -> String? {
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer", parts[1].utf8.count <= maximumTokenLength else {
            return nil
        }
        return String(parts[1])
    }
}

extension ErrorAnswer {
    /// 429 with the seconds to wait.
    static func tooManyFailures(_ wait: Duration) -> ErrorAnswer {
        let seconds = max(1, wait.components.seconds + (wait.components.attoseconds > 0 ? 1 : 0))
        return ErrorAnswer(
            .tooManyRequests, "Too many failed logins came from this address; try again in \(seconds) s.",
            headers: [.retryAfter: String(seconds)])
    }
}
