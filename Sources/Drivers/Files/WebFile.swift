import Foundation
import HTTPWire
import NIOCore
import Route
import SourceModel

/// A file that a web server gives (RFC 9110). One call at a time.
final class WebFile: RemoteFile {
    private let source: DataSource
    private let client: HTTPClient
    private let target: String

    init(_ source: DataSource, route: Route) {
        self.source = source
        client = HTTPClient(source, route: route, credentials: HTTPCredentials(source.login, header: nil))
        target = Self.target(of: source.database ?? "")
    }

    var sighting: FileSighting {
        let seen = client.seen
        return FileSighting(
            hostKey: seen.hostKey,
            certificateExpires: SessionFacts.expiry(seen.observation, source.scheme.encryption.identity))
    }

    func look(_ journal: StageJournal) async throws(SourceFailure) -> RemoteVersion {
        var answer = try await client.send(
            HTTPClient.Call(method: .head, target: target), stage: .open, journal: journal)
        if answer.status == 405 || answer.status == 501 {
            // A server that knows only GET: its head is read, and the rest let go.
            answer = try await client.send(HTTPClient.Call(target: target), stage: .open, journal: journal)
        }
        journal.enter(.open)
        if client.showsLoginReadable {
            journal.warn(
                Warning(
                    .passwordInClear,
                    "username and password go to \(source.endpoint?.description ?? "") readable. Set ssl to true."))
        }
        guard answer.isSuccess else {
            // What a HEAD refuses it refuses without words.
            throw await HTTPRefusals.ofFile(answer, named: source.fileName)
        }
        try check(answer)
        journal.note(answer.statusLine + (size(of: answer).map { ", \($0) bytes" } ?? ""))
        return version(of: answer)
    }

    func fetch(
        into sink: (ByteBuffer) async throws(SourceFailure) -> Void
    ) async throws(SourceFailure) -> RemoteVersion {
        let journal = StageJournal()
        let answer = try await client.send(HTTPClient.Call(target: target), stage: .open, journal: journal)
        guard answer.isSuccess else { throw await HTTPRefusals.ofFile(answer, named: source.fileName) }
        try check(answer)
        while let piece = try await answer.next(in: .open) { try await sink(piece) }
        return version(of: answer)
    }

    func close() async { await client.close() }

    private func version(of answer: HTTPAnswer) -> RemoteVersion {
        RemoteVersion(
            size: size(of: answer), modified: answer.fields.first("Last-Modified").flatMap(HTTPDate.read),
            tag: answer.fields.first("ETag"))
    }

    private func size(of answer: HTTPAnswer) -> Int? { answer.fields.first("Content-Length").flatMap { Int($0) } }

    /// A compressed file may be called an encoded one, though nobody asked for that: those that can be read here are taken
    /// as they come.
    private func check(_ answer: HTTPAnswer) throws(SourceFailure) {
        let foreign = answer.contentCodings.filter { !["gzip", "x-gzip", "zstd"].contains($0) }
        guard !foreign.isEmpty else { return }
        throw SourceFailure(
            .open, .fileMalformed,
            "\(answer.location.origin) sends \(source.fileName) in the coding \(foreign.joined(separator: ", ")), "
                + "which was not asked for.",
            hint: "Let the server send the file as it is, or compressed by gzip or zstd.")
    }

    /// The record's path as it stands in a request: it begins with a slash, and what may not stand there is escaped.
    static func target(of path: String) -> String {
        let escaped = path.utf8.map { byte in
            (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "#")
                ? String(UnicodeScalar(byte)) : byte.percentEncoded
        }.joined()
        let query = escaped.firstIndex(of: "?") ?? escaped.endIndex
        return HTTPLocation.withoutDots(String(escaped[..<query])) + escaped[query...]
    }
}

/// Dates as HTTP writes them (RFC 9110, section 5.6.7): the form that servers have to send.
enum HTTPDate {
    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`; nil for what is none.
    static func read(_ text: String) -> Date? {
        try? Date(
            text,
            strategy: Date.ParseStrategy(
                format:
                    "\(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .defaultDigits) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits) GMT",
                locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt))
    }
}
