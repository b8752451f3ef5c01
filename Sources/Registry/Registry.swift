import Foundation
import GRDB
import SourceModel
import Synchronization
import Vault

/// Records, tombstones, tokens and users at rest: SQLite in the data directory, secrets sealed field by field.
///
/// Writes are serial, across processes too, and are on the disk when they return. A write that has begun is not
/// cancelled: its caller always learns whether it was stored. The vault is read and changed in the writer's turn, and
/// changed with no reader at work, so what is sealed and what opens it cannot part.
package final class Registry: Sendable {
    private let pool: DatabasePool
    private let keeper: Mutex<Vault>

    private init(pool: DatabasePool, vault: Vault) {
        self.pool = pool
        keeper = Mutex(vault)
    }

    // MARK: Life

    /// Opens the registry in a data directory, and makes it at the first start.
    ///
    /// - Throws: `RegistryError.sealedWithAnotherKey` where the vault's master key is not the one in use.
    package static func open(_ directory: URL, vault: Vault) throws(RegistryError) -> Registry {
        try DataDirectory.prepare(directory)
        let file = databaseFile(in: directory)
        try DataDirectory.makePrivateFile(file)
        for companion in ["-wal", "-shm"] {
            try DataDirectory.closeToOthers(URL(filePath: file.path(percentEncoded: false) + companion))
        }
        do {
            let pool = try DatabasePool(path: file.path(percentEncoded: false), configuration: configuration)
            // GRDB sets NORMAL with the WAL mode, by which the last answers are lost in a power cut.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try Schema.migrate(pool)
            let inUse = try pool.write { try KeyInUse.claim(vault.masterKey.id, in: $0) }
            guard inUse == vault.masterKey.id else {
                try pool.close()
                throw RegistryError.sealedWithAnotherKey
            }
            return Registry(pool: pool, vault: vault)
        } catch {
            throw RegistryError(error)
        }
    }

    /// The id of the master key that a data directory's records are wrapped with; nil before the first start.
    package static func keyInUse(in directory: URL) throws(RegistryError) -> String? {
        let path = databaseFile(in: directory).path(percentEncoded: false)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            let id = try queue.read { try KeyInUse.id(in: $0) }
            try queue.close()
            return id
        } catch {
            throw RegistryError(error)
        }
    }

    /// Waits for the calls under way, moves the log into the database, so that the one file is all, and closes. Calls
    /// that come later fail.
    package func close() throws(RegistryError) {
        do {
            try pool.barrierWriteWithoutTransaction { try Self.emptyLog(of: $0) }
            try pool.close()
        } catch {
            throw RegistryError(error)
        }
    }

    private static func databaseFile(in directory: URL) -> URL { directory.appending(path: "wellhead.sqlite") }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "registry"
        // Commands write beside a running service: each waits for its turn.
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY")
        }
        return configuration
    }

    // MARK: Turns

    /// The vault that seals and opens now.
    var vault: Vault { keeper.withLock { $0 } }

    /// Reads one state of the database.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database, Vault) throws -> Value
    ) async throws(RegistryError) -> Value {
        do {
            return try await pool.read { [self] database in try body(database, vault) }
        } catch {
            throw RegistryError(error)
        }
    }

    /// Writes all or nothing.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database, Vault) throws -> Value
    ) async throws(RegistryError) -> Value {
        let result = await withCheckedContinuation { (turn: CheckedContinuation<Result<Value, any Error>, Never>) in
            pool.asyncWriteWithoutTransaction { [self] database in
                turn.resume(returning: Result { try Self.transaction(database) { try body($0, vault) } })
            }
        }
        do { return try result.get() } catch { throw RegistryError(error) }
    }

    /// Writes all or nothing while nobody reads, and then moves the log into the database and empties it: pages of
    /// before the write are in no file any more.
    ///
    /// - Parameter next: the vault from then on, where it changes.
    func writeAndErase<Value: Sendable>(
        next: Vault? = nil, _ body: @escaping @Sendable (Database, Vault) throws -> Value
    ) async throws(RegistryError) -> Value {
        let result = await withCheckedContinuation { (turn: CheckedContinuation<Result<Value, any Error>, Never>) in
            pool.asyncBarrierWriteWithoutTransaction { [self] opened in
                turn.resume(
                    returning: Result {
                        let database = try opened.get()
                        let value = try Self.transaction(database) { try body($0, vault) }
                        if let next { keeper.withLock { $0 = next } }
                        try Self.emptyLog(of: database)
                        return value
                    })
            }
        }
        do { return try result.get() } catch { throw RegistryError(error) }
    }

    private static func transaction<Value>(_ database: Database, _ body: (Database) throws -> Value) throws -> Value {
        var value: Value?
        try database.inTransaction(.immediate) {
            value = try body(database)
            return .commit
        }
        guard let value else { throw RegistryError.storage("The transaction ended without a value.") }
        return value
    }

    /// Another process that reads at this moment holds the log for longer than it is waited for: what was written
    /// stands all the same, and the next erasure, or the close, empties the log.
    private static func emptyLog(of database: Database) throws {
        do {
            _ = try database.checkpoint(.truncate)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {}
    }
}
