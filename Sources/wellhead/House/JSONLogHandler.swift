import Foundation
import Logging
import WebAPI

/// Writes each log line as one JSON object to standard error.
struct JSONLogHandler: LogHandler {
    let label: String
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    init(label: String) { self.label = label }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields: [AnswerNode.AnswerField] = [
            .init("time", .date(Date())), .init("level", .text(event.level.rawValue)),
            .init("message", .text("\(event.message)")),
        ]
        let all = metadata.merging(event.metadata ?? [:]) { _, own in own }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { fields.append(.init(key, .text("\(value)"))) }
        FileHandle.standardError.write(Data(JSONWriter.bytes(of: .object(fields)) + [0x0A]))
    }
}
