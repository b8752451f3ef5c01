import Foundation

/// Where the master key comes from: the environment, a file that the environment names, or a file in the data
/// directory that is made at the first start.
package enum KeySource: Sendable {
    /// `WELLHEAD_MASTER_KEY`.
    case environment(MasterKey)
    /// The file that `WELLHEAD_MASTER_KEY_FILE` names.
    case file(MasterKey)
    /// `master.key` in this data directory.
    case dataDirectory(MasterKey, URL)

    /// The key itself.
    package var key: MasterKey {
        switch self {
        case .environment(let key), .file(let key), .dataDirectory(let key, _): key
        }
    }

    /// Finds the key, or makes one where none is set and none is in use.
    ///
    /// - Parameters:
    ///   - environment: the process's.
    ///   - dataDirectory: where `master.key` is kept; it has to be there.
    ///   - inUse: the id of the key that the stored records are wrapped with; nil before the first. It tells whether
    ///     a rotation was cut short between the records and the key's file, and completes it.
    /// - Throws: `VaultError.masterKey`, also where the key is gone while records need it: a new one would not open
    ///   them.
    package static func find(
        environment: [String: String], dataDirectory: URL, inUse: String?
    ) throws(VaultError) -> KeySource {
        if let source = try given(environment, "WELLHEAD_MASTER_KEY") { return source }
        let file = keyFile(in: dataDirectory), next = nextKeyFile(in: dataDirectory)
        if let inUse, let coming = try next.read(), coming.id == inUse { try next.replace(file) }
        if let key = try file.read() { return .dataDirectory(key, dataDirectory) }
        guard inUse == nil else {
            throw .masterKey(
                "The master key is gone: the stored records need \(file.url.path(percentEncoded: false)) or "
                    + "WELLHEAD_MASTER_KEY. Restore it from where it was backed up.")
        }
        let key = MasterKey.make()
        try file.create(key)
        return .dataDirectory(key, dataDirectory)
    }

    /// Makes the next key ready, hands it over to wrap all records with, and then puts it in the old one's place.
    ///
    /// A key that is not kept in the data directory is the operator's: the next one is read from
    /// `WELLHEAD_NEW_MASTER_KEY` or `WELLHEAD_NEW_MASTER_KEY_FILE`.
    package func rotate<Value>(
        environment: [String: String], _ wrap: (MasterKey) async throws -> Value
    ) async throws -> Value {
        switch self {
        case .environment, .file:
            guard let next = try Self.given(environment, "WELLHEAD_NEW_MASTER_KEY") else {
                throw VaultError.masterKey(
                    "The master key is set from outside; set the next one as WELLHEAD_NEW_MASTER_KEY or "
                        + "WELLHEAD_NEW_MASTER_KEY_FILE, and as the key itself afterwards.")
            }
            return try await wrap(next.key)
        case .dataDirectory(_, let directory):
            let next = Self.nextKeyFile(in: directory)
            try next.remove()
            let key = MasterKey.make()
            try next.create(key)
            let value = try await wrap(key)
            try next.replace(Self.keyFile(in: directory))
            return value
        }
    }

    private static func given(_ environment: [String: String], _ name: String) throws(VaultError) -> KeySource? {
        let text = environment[name] ?? "", path = environment["\(name)_FILE"] ?? ""
        switch (text.isEmpty, path.isEmpty) {
        case (true, true): return nil
        case (false, false): throw .masterKey("\(name) and \(name)_FILE are both set; set one of them.")
        case (false, true): return .environment(try MasterKey(base64: text, from: name))
        case (true, false):
            guard let key = try MasterKeyFile(URL(filePath: path)).read() else {
                throw .masterKey("\(name)_FILE names \(path), which does not exist.")
            }
            return .file(key)
        }
    }

    private static func keyFile(in directory: URL) -> MasterKeyFile {
        MasterKeyFile(directory.appending(path: "master.key"))
    }

    /// The next key's file, from before the records are wrapped with it until after.
    private static func nextKeyFile(in directory: URL) -> MasterKeyFile {
        MasterKeyFile(directory.appending(path: "master.key.next"))
    }
}
