import HTTPWire
import Route
import SourceModel

/// Opens an HTTP API: what it answers to GET becomes rows. Nothing but GET and HEAD is ever sent.
struct RESTDriver: Sendable {
    let route: Route

    func open(_ source: DataSource, journal: StageJournal) async throws(SourceFailure) -> any Session {
        let options = source.options.rest
        let credentials = HTTPCredentials(source.login, header: options.authHeader)
        let client = HTTPClient(source, route: route, credentials: credentials)
        do throws(SourceFailure) {
            let facts = try await probe(client, source, journal)
            return RESTSession(client, base: RESTBase(source.database), facts: facts)
        } catch {
            await client.close()
            throw error
        }
    }

    /// Stages `login`, where something is shown, and `open`.
    private func probe(
        _ client: HTTPClient, _ source: DataSource, _ journal: StageJournal
    ) async throws(SourceFailure) -> SessionFacts {
        let shown = client.credentials.summary
        let target = try RESTBase(source.database).probe(source.options.rest.probe)
        let answer = try await client.send(
            HTTPClient.Call(target: target, fields: RESTSession.accepted), stage: shown == nil ? .open : .login,
            journal: journal)
        if let shown {
            journal.enter(.login)
            if answer.isLoginRefusal { throw await RESTFailures.login(answer, client) }
            journal.pass(shown)
        } else if answer.isLoginRefusal {
            throw await RESTFailures.login(answer, client)
        }
        journal.enter(.open)
        journal.note(answer.summary)
        guard answer.isSuccess else { throw HTTPRefusals.status(answer, await HTTPRefusals.words(of: answer)) }
        try await answer.discard(in: .open)
        journal.pass()
        if client.showsLoginReadable {
            journal.warn(
                Warning(.passwordInClear, "The login crossed the network readable. Set ssl to true."))
        }
        let seen = client.seen
        return SessionFacts(
            serverVersion: answer.serverName.isEmpty ? "HTTP" : answer.serverName, hostKey: seen.hostKey,
            certificateExpires: SessionFacts.expiry(seen.observation, source.scheme.encryption.identity))
    }

    /// Checks what needs no dialling: that the places in answers can be read.
    static func checkOptions(_ options: RESTOptions) throws(SourceFailure) {
        for (name, text) in [("rows", options.rows), ("next", options.next)] {
            guard let text else { continue }
            do throws(RowPlaces.Malformed) {
                _ = try RowPlaces(text)
            } catch {
                let message = "options.\(name) is no place in an answer: \(error.reason)."
                throw SourceFailure(
                    .validate, .invalidField, message,
                    hint: "Set options.\(name) to a JSON Pointer such as /items, or to a JSONPath such as $.items[*].",
                    fields: [FieldComplaint(field: "options.\(name)", code: .invalidField, message: message)])
            }
        }
        do throws(SourceFailure) {
            _ = try RESTBase(nil).probe(options.probe)
        } catch {
            let message = "options.probe is no path: \(error.message)"
            throw SourceFailure(
                .validate, .invalidField, message,
                hint: "Set options.probe to a path below the base path, such as /status.",
                fields: [FieldComplaint(field: "options.probe", code: .invalidField, message: message)])
        }
    }
}

extension HTTPAnswer {
    /// Whether the server did not take the login.
    var isLoginRefusal: Bool { status == 401 || status == 403 }

    /// Status, content type and latency, for the report.
    fileprivate var summary: String {
        let (seconds, attoseconds) = elapsed.components
        let tenths = seconds * 10_000 + attoseconds / 100_000_000_000_000
        let from = redirects > 0 ? ", redirected to \(location.origin)" : ""
        return "\(statusLine), \(mediaType ?? "no content type"), \(tenths / 10).\(tenths % 10) ms\(from)"
    }
}
