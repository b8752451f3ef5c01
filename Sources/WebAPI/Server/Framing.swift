import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import SourceModel

/// The outermost step of every request: its identifier, the headers that every answer has, the log line, and the one
/// place where an error becomes a response.
struct Framing: RouterMiddleware {
    typealias Context = WebContext

    let routes: RouteTable
    let meter: RequestMeter
    let now: @Sendable () -> ContinuousClock.Instant

    func handle(
        _ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        let began = now()
        var metadata = Logger.Metadata()
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            let refusal = refusal(for: error, request: request)
            if let failure = refusal.failure {
                meter.note(failure)
                metadata[.stage] = failure.stage.rawValue
                metadata[.code] = failure.code.rawValue
            }
            metadata[.cause] = refusal.cause
            response = render(refusal, request: request, context: context)
        }
        let notes = context.frame.notes
        if let failure = notes.failure {
            meter.note(failure)
            metadata[.stage] = failure.stage.rawValue
            metadata[.code] = failure.code.rawValue
        }
        response.headers[.requestID] = context.requestID
        for (name, value) in Self.securityHeaders where response.headers[name] == nil { response.headers[name] = value }
        metadata[.method] = request.method.rawValue
        metadata[.route] = context.endpointPath ?? "none"
        metadata[.status] = String(response.status.code)
        let duration = began.duration(to: now())
        meter.note(
            request.method, route: context.endpointPath, status: Int(response.status.code), duration: duration)
        let (seconds, attoseconds) = duration.components
        metadata[.milliseconds] = String(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
        metadata[.caller] = notes.caller
        metadata[.peer] = context.peer
        context.logger.log(
            level: response.status.code >= 500 && response.status != .serviceUnavailable ? .error : .info,
            "Request answered", metadata: metadata)
        return response
    }

    /// A known path with a method that it does not take is 405; the router knows only 404.
    private func refusal(for error: any Error, request: Request) -> ErrorAnswer {
        let refusal = ErrorAnswer(any: error)
        guard refusal.status == .notFound, error is any HTTPResponseError,
            let allowed = routes.allowed(at: request.uri.path)
        else { return refusal }
        return ErrorAnswer(
            .methodNotAllowed, "This address takes \(allowed), not \(request.method.rawValue).",
            headers: [.allow: allowed])
    }

    private func render(_ refusal: ErrorAnswer, request: Request, context: WebContext) -> Response {
        if request.method == .options, let allowed = refusal.headers[.allow] {
            return Response(status: .noContent, headers: [.allow: allowed])
        }
        var response = request.answerFormat.response(
            refusal.answer(requestID: context.requestID), status: refusal.status, headers: refusal.headers)
        if request.method == .head { response = response.createHeadResponse() }
        if refusal.closesConnection || Self.announcesMuch(request) {
            response.headers[.connection] = "close"
            Lingering.close(context.channel)
        }
        return response
    }

    /// Whether more of a body may follow than is worth reading only to throw it away.
    private static func announcesMuch(_ request: Request) -> Bool {
        if request.headers[.transferEncoding] != nil { return true }
        return request.headers[.contentLength].flatMap { Int($0) }.map { $0 > BodyLimits.size } ?? false
    }

    private static let securityHeaders: [(HTTPField.Name, String)] = [
        (.cacheControl, "no-store"),
        (.contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'"),
        (.xContentTypeOptions, "nosniff"),
        (.referrerPolicy, "no-referrer"),
        (.frameOptions, "DENY"),
    ]
}

extension HTTPField.Name {
    /// `X-Request-Id`. The names here are constants that are valid tokens, which is all that the initialiser checks.
    static let requestID = HTTPField.Name("X-Request-Id")!
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    static let frameOptions = HTTPField.Name("X-Frame-Options")!
    static let totalCount = HTTPField.Name("X-Total-Count")!
}
