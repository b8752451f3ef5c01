import Foundation
import HTTPWire
import NIOConcurrencyHelpers
import NIOCore
import Route
import SourceModel

/// Asks a record's HTTP server, by the way that the record describes: one connection is kept for the next call, and
/// reopened where the server has closed it meanwhile. One call at a time.
///
/// Nothing here ends by itself: whoever calls is cancelled at a deadline, and cancelling closes what was opened.
final class HTTPClient: Sendable {
    /// What is asked for. Only these methods: nothing is changed at a data source.
    struct Call: Sendable {
        enum Method: Sendable {
            case get
            /// Only the head of the answer.
            case head
        }

        var method = Method.get
        /// The path and query, as they stand in a request.
        var target: String
        /// Further fields, such as conditions (RFC 9110, section 13) and ranges.
        var fields: [(name: String, value: String)] = []
    }

    /// Redirects that are followed one after the other.
    static let redirectLimit = 5

    let source: DataSource
    let credentials: HTTPCredentials
    private let route: Route
    private let kept = NIOLockedValueBox<Kept?>(nil)
    private let sighting = NIOLockedValueBox(Sighting())

    /// What the first connection has shown.
    struct Sighting: Sendable {
        var hostKey: HostKey?
        var observation: TLSObservation?
    }

    /// A connection to the record's own server.
    private struct Kept: Sendable {
        var connection: HTTPConnection
        var meaning: HTTPMeaning
    }

    /// - Parameter source: has an endpoint; without one every call fails.
    init(_ source: DataSource, route: Route, credentials: HTTPCredentials) {
        self.source = source
        self.route = route
        self.credentials = credentials
    }

    /// What the latest connection to the record's own server has shown.
    var seen: Sighting { sighting.withLockedValue { $0 } }

    /// The record's own server; nil where it has none.
    var origin: HTTPOrigin? { source.endpoint.map { HTTPOrigin($0, source.scheme.encryption) } }

    /// Whether login data would cross the network readable.
    var showsLoginReadable: Bool {
        if case .none = credentials { return false }
        return source.scheme.encryption == .plain
    }

    /// Sends a call and follows where it is redirected to; the answer's status may be any that is no redirect, and its
    /// body is still to be read.
    ///
    /// - Parameters:
    ///   - journal: is told the stages of every connection that has to be opened, and of `stage` while the answer is
    ///     waited for.
    ///   - stage: where failures of the exchange belong.
    func send(_ call: Call, stage: Stage, journal: StageJournal) async throws(SourceFailure) -> HTTPAnswer {
        guard let origin else {
            throw SourceFailure(
                .validate, .missingField, "\(source.driver.displayName) by HTTP needs a host.", hint: "Set host.")
        }
        var location = HTTPLocation(origin, target: call.target)
        var been: Set<HTTPLocation> = []
        let clock = ContinuousClock()
        let start = clock.now
        while true {
            been.insert(location)
            var answer = try await exchange(call, at: location, stage: stage, journal: journal)
            answer.credentials = credentials
            guard let next = answer.redirection else {
                answer.elapsed = clock.now - start
                answer.redirects = been.count - 1
                return answer
            }
            // What a redirect says besides is read away, so that the connection can be used again.
            try await answer.discard(in: stage)
            location = try self.next(after: location, to: next, been: been, answer, stage)
            journal.enter(stage)
            journal.pass("\(answer.statusLine) to \(location.origin)")
        }
    }

    /// Closes the kept connection; returns when it is closed.
    func close() async { await take()?.connection.close() }

    // MARK: Redirects

    private func next(
        after here: HTTPLocation, to reference: String, been: Set<HTTPLocation>, _ answer: HTTPAnswer, _ stage: Stage
    ) throws(SourceFailure) -> HTTPLocation {
        func refusal(_ what: String, _ hint: String) -> SourceFailure {
            SourceFailure(
                stage.isStatement ? stage : .open, .httpStatus,
                "\(here.origin) answered \(answer.statusLine), \(what).", hint: hint,
                server: ServerWords(code: String(answer.status), text: answer.reason))
        }
        guard let next = here.following(reference) else {
            throw refusal(
                "a redirect to an address that cannot be followed",
                "Set host, port and database to where the server redirects.")
        }
        guard next.origin.isSecure || !here.origin.isSecure else {
            throw refusal(
                "a redirect from TLS to \(next.origin), which is not encrypted",
                "Let the server redirect to https, or set host, port and database to where the answer is.")
        }
        guard !been.contains(next) else {
            throw refusal(
                "a redirect in a circle",
                "Look at the server's redirects; set host and database to where they should end.")
        }
        guard been.count <= HTTPClient.redirectLimit else {
            throw refusal(
                "the redirect number \(been.count) in a row",
                "Set host, port and database to where the redirects end.")
        }
        return next
    }

    // MARK: One exchange

    private func exchange(
        _ call: Call, at location: HTTPLocation, stage: Stage, journal: StageJournal
    ) async throws(SourceFailure) -> HTTPAnswer {
        let isOwn = location.origin == origin
        if isOwn, let kept = take() {
            if kept.connection.isIdle {
                journal.enter(stage, tentatively: true)
                do throws(HTTPWireError) {
                    return try await answer(call, at: location, on: kept, isOwn: true)
                } catch {
                    await kept.connection.close()
                    // A server may close an idle connection in the very moment in which the next request comes
                    // (RFC 9112, section 9.3.1): what only reads is asked again, once, on a fresh one.
                    guard error.isBeforeAnswer, !Task.isCancelled else {
                        throw kept.meaning.failure(for: error, in: stage)
                    }
                }
            } else {
                await kept.connection.close()
            }
        }
        let fresh = try await connect(to: location.origin, isOwn: isOwn, stage: stage, journal: journal)
        do throws(HTTPWireError) {
            return try await answer(call, at: location, on: fresh, isOwn: isOwn)
        } catch {
            await fresh.connection.close()
            throw fresh.meaning.failure(for: error, in: stage)
        }
    }

    private func answer(
        _ call: Call, at location: HTTPLocation, on way: Kept, isOwn: Bool
    ) async throws(HTTPWireError) -> HTTPAnswer {
        var fields = [
            (name: "User-Agent", value: source.options.applicationName), (name: "Accept-Encoding", value: "identity"),
        ]
        // Login data go to the record's own server only.
        if isOwn, let shown = credentials.field { fields.append(shown) }
        var request = HTTPRequest(
            call.method == .get ? .get : .head, location.target, host: location.origin.authority,
            fields: fields + call.fields)
        request.isLast = !isOwn
        let response = try await way.connection.send(request)
        if isOwn { keep(way) }
        return HTTPAnswer(response, location: location, meaning: way.meaning)
    }

    /// Opens a connection: to the record's own server by all that the record says, to another one by the same kind of way
    /// and without anything that proves who asks.
    private func connect(
        to origin: HTTPOrigin, isOwn: Bool, stage: Stage, journal: StageJournal
    ) async throws(SourceFailure) -> Kept {
        let routed: RoutedChannel
        do throws(SourceFailure) {
            routed = try await route.open(isOwn ? source : source.redirected(to: origin), journal: journal)
        } catch {
            throw isOwn ? error : error.redirected(from: self.origin, to: origin)
        }
        do {
            var observation: TLSObservation?
            if let upgrade = routed.upgrade {
                observation = try await withTaskCancellationHandler {
                    try await upgrade(routed.channel).get()
                } onCancel: {
                    routed.channel.close(promise: nil)
                }
            }
            journal.enter(stage, tentatively: true)
            let meaning = HTTPMeaning(origin: origin, routed: routed)
            let connection = try await HTTPConnection.open(on: routed.channel)
            if isOwn {
                sighting.withLockedValue { [observation] in
                    $0 = Sighting(hostKey: routed.hostKey, observation: observation)
                }
            }
            return Kept(connection: connection, meaning: meaning)
        } catch {
            routed.channel.close(promise: nil)
            let failure =
                error as? SourceFailure ?? routed.failure(for: error, in: stage)
                ?? SourceFailure(
                    stage, .serverClosed, "\(origin) closed the connection.",
                    hint: "Check that port is the server's own port, and look into the server's log.",
                    cause: "\(error)")
            throw isOwn ? failure : failure.redirected(from: self.origin, to: origin)
        }
    }

    private func take() -> Kept? {
        kept.withLockedValue { kept in
            defer { kept = nil }
            return kept
        }
    }

    private func keep(_ way: Kept) { kept.withLockedValue { $0 = way } }
}

extension DataSource {
    /// The same kind of way to another server: through the same SSH host, with TLS where the address says so, and with
    /// nothing that proves who asks.
    fileprivate func redirected(to origin: HTTPOrigin) -> DataSource {
        var other = self
        other.endpoint = origin.endpoint
        other.login = Login(username: nil, password: nil)
        guard origin.isSecure else {
            other.scheme = scheme.with(.plain)
            return other
        }
        var trust = scheme.encryption.trust ?? ServerTrust(mode: .verifyFull, anchors: nil, serverName: origin.host)
        if origin.host != endpoint?.host.lowercased() { trust.serverName = origin.host }
        other.scheme = scheme.with(.tls(trust))
        return other
    }
}

extension SourceFailure {
    /// The failure of a connection that nobody but the server asked for.
    fileprivate func redirected(from here: HTTPOrigin?, to there: HTTPOrigin) -> SourceFailure {
        var failure = self
        failure.message = "\(here.map { "\($0)" } ?? "The server") redirects to \(there). \(message)"
        let isUpgrade = here.map { $0.isUpgraded(to: there) } ?? false
        failure.hint =
            (isUpgrade ? "Set ssl to true, and port to \(there.port). " : "")
            + "Set host, port and database to an address that is not redirected there. \(hint)"
        return failure
    }
}
