import SourceModel

/// The base path of an API, and what is below it.
struct RESTBase: Sendable, Equatable {
    /// As it was given, with its first slash.
    private let root: String
    /// Without a slash at its end; empty for the whole server.
    private let folder: String

    /// - Parameter database: the record's field, validated.
    init(_ database: String?) {
        let path = database ?? ""
        root = path.hasPrefix("/") ? path : "/" + path
        folder = root.hasSuffix("/") ? String(root.dropLast()) : root
    }

    /// The target for a path and query below the base path; `/` alone is the base path itself, as it was given.
    func target(_ path: String) -> String {
        if path == "/" || path.isEmpty { return root }
        if path.hasPrefix("/?") { return root + path.dropFirst() }
        if path.hasPrefix("?") { return root + path }
        return folder + (path.hasPrefix("/") ? path : "/" + path)
    }

    /// Whether a target is below the base path.
    func contains(_ target: String) -> Bool {
        let path = target.prefix { $0 != "?" }
        return !HTTPLocation.leadsUp(path) && (path == folder || path.hasPrefix(folder + "/"))
    }

    /// The target that the option `probe` names.
    func probe(_ path: String) throws(SourceFailure) -> String {
        target(try RESTStatement.filled(path[...], []))
    }
}
