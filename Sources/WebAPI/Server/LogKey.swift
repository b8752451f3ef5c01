import Logging

/// The metadata that the web's log lines carry; nothing else may stand there.
enum LogKey: String {
    case method, route, status, milliseconds, caller, peer, stage, code, cause
    case request = "hb.request.id"
}

extension Logger.Metadata {
    /// A value under a known key.
    subscript(_ key: LogKey) -> String? {
        get { self[key.rawValue].map { "\($0)" } }
        set { self[key.rawValue] = newValue.map { .string($0) } }
    }
}
