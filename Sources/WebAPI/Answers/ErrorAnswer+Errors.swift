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
        case .notConnected(let id):
            self.init(
                .conflict,
                "The data source \(SourceFailure.quoted(id.text)) is not connected; PUT it to test and connect it.")
        case .busy(_, let waited, let status):
            self.init(.serviceUnavailable, Self.busy(waited, status), headers: [.retryAfter: "1"])
            failure = status.status == .connected ? nil : status.lastError
        case .queryNameTaken(let id):
            self.init(.conflict, "A query \(SourceFailure.quoted(id.text)) runs already; choose another X-Query-Id.")
        case .statement(let failure):
            // What is wrong with the statement stays wrong; a connection that broke is opened again.
            let isStatement = [.query, .schema].contains(failure.stage) && failure.code.isAboutStatement
            self.init(isStatement ? .unprocessableContent : .serviceUnavailable, failure.message)
            if !isStatement { headers[.retryAfter] = "1" }
            self.failure = failure
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
        case let error as FileStoreError: self.init(error)
        case let error as MultipartFault: self.init(error)
        case let error as any HTTPResponseError: self.init(error.status, Self.sentence(for: error.status))
        case is CancellationError:
            self.init(
                .serviceUnavailable, "The service is ending; send the request again.", headers: [.retryAfter: "1"])
        default:
            self.init(.internalServerError, Self.serverError)
            cause = String(describing: error)
        }
    }

    /// How long was waited for a connection, and why there was none.
    private static func busy(_ waited: Duration, _ status: LiveStatus) -> String {
        let (seconds, attoseconds) = waited.components
        let time = "\(seconds).\(attoseconds / 100_000_000_000_000_000) s"
        switch status.status {
        case .connected:
            return "All \(status.open) connections were busy for \(time); try again, or raise options.poolMax."
        case .draft, .reconnecting, .failed:
            let why = status.lastError.map { " \($0.message)" } ?? ""
            return "There was no connection for \(time): the data source is \(status.status.rawValue).\(why)"
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
