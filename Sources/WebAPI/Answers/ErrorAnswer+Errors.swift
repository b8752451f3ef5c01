import Gateway
import HTTPTypes
import Hummingbird
import SourceModel

/// The one place where errors become answers.
extension ErrorAnswer {
    init(_ error: GatewayError) {
        switch error {
        case .invalid(let failure):
            self.init(failure)
        case .failed(let failure, let report):
            self.init(.unprocessableContent, failure.message)
            self.failure = failure
            self.report = report
        case .notFound(let id):
            self.init(.notFound, "There is no data source \(SourceFailure.quoted(id.text)).")
        case .nameTaken(let name):
            self.init(.conflict, "The name \(SourceFailure.quoted(name)) is taken; choose another name.")
        case .changedMeanwhile:
            self.init(.conflict, "The data source was changed meanwhile; read it again and repeat the change.")
        case .unavailable(let why):
            self.init(.serviceUnavailable, why, headers: [.retryAfter: "1"])
        case .storage(let error):
            self.init(.internalServerError, Self.serverError)
            cause = String(describing: error)
        }
    }

    /// Any error at all: what is not known is a 500 that tells nothing of it.
    init(any error: any Error) {
        switch error {
        case let error as ErrorAnswer: self = error
        case let error as SourceFailure: self.init(error)
        case let error as GatewayError: self.init(error)
        case let error as any HTTPResponseError: self.init(error.status, Self.sentence(for: error.status))
        case is CancellationError:
            self.init(
                .serviceUnavailable, "The service is ending; send the request again.", headers: [.retryAfter: "1"])
        default:
            self.init(.internalServerError, Self.serverError)
            cause = String(describing: error)
        }
    }

    private static let serverError = "Error - Server Error"

    private static func sentence(for status: HTTPResponse.Status) -> String {
        switch status {
        case .notFound: "There is nothing at this address; /openapi.json lists what there is."
        case .internalServerError: serverError
        default: "Error - \(status.reasonPhrase)"
        }
    }
}
