import Foundation
import NIOCore
import NIOHTTP1

/// One event of a test that is watched, as the service sends it.
struct ServiceEvent: Equatable {
    /// `began`, `noted`, `ended`, `warned`, `record`, `report` or `error`.
    var name: String
    var data: JSONValue
}

extension ServiceClient {
    /// Calls and hands on each event as it comes (`text/event-stream`, HTML Standard, section 9.2).
    ///
    /// - Throws: `CommandFailure` where the service refused, or the events break off.
    func events(
        _ path: String, query: [(String, String)] = [], body: [String: JSONValue]?,
        to sink: (ServiceEvent) throws -> Void
    ) async throws {
        var reader = EventReader()
        try await stream(
            .POST, path, query: query, body: body, accept: "text/event-stream",
            brokenOff: "The answer broke off before the test's end."
        ) { part in
            for event in reader.take(part) { try sink(event) }
        }
    }
}

/// Cuts a stream into events.
struct EventReader {
    private var rest: [UInt8] = []
    private var name = ""
    private var data = ""

    /// Takes bytes and gives the events that are whole by now.
    mutating func take(_ bytes: Data) -> [ServiceEvent] {
        rest += bytes
        var events: [ServiceEvent] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest.removeSubrange(...end)
            if line.isEmpty {
                if let data = try? JSONDecoder().decode(JSONValue.self, from: Data(data.utf8)) {
                    events.append(ServiceEvent(name: name, data: data))
                }
                (name, data) = ("", "")
            } else if line.hasPrefix("event: ") {
                name = String(line.dropFirst(7))
            } else if line.hasPrefix("data: ") {
                data = String(line.dropFirst(6))
            }
        }
        return events
    }
}
