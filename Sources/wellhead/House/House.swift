import Foundation
import Registry
import SourceModel
import Vault
import WebAPI

/// A data directory with its key and its registry, as the commands use it. Every failure is one line for a person.
struct House: Sendable {
    let registry: Registry
    let doorkeeper: any Doorkeeper
    private let directory: URL
    private let environment: [String: String]
    private let key: KeySource
    /// Keeps other services out for as long as the value lives; nil for a command beside a running service.
    private let claim: DataDirectory?

    /// The admin's name, as token holder.
    private static let admin = "admin"
    /// The longest name of a user or a token, in characters.
    private static let nameLength = 1...128

    /// Opens a data directory, and makes what is missing: the directory, the key, the database.
    ///
    /// - Parameter claiming: whether nobody else may serve the directory meanwhile.
    /// - Throws: `CommandFailure`.
    static func open(
        _ directory: URL, claiming: Bool = false, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> House {
        do {
            let claim = claiming ? try DataDirectory.claim(directory) : nil
            let key = try KeySource.find(
                environment: environment, dataDirectory: directory, inUse: try Registry.keyInUse(in: directory))
            return House(
                registry: try Registry.open(directory, vault: Vault(key: key.key)), directory: directory,
                environment: environment, key: key, claim: claim)
        } catch {
            throw CommandFailure.told(error)
        }
    }

    private init(
        registry: Registry, directory: URL, environment: [String: String], key: KeySource, claim: DataDirectory?
    ) {
        self.registry = registry
        self.directory = directory
        self.environment = environment
        self.key = key
        self.claim = claim
        doorkeeper = RegistryDoorkeeper(registry: registry)
    }

    /// What signs and checks logins with a password, by a key derived from the master key.
    func logins(lifetime: Duration) async -> SignedLogin {
        await SignedLogin(key: SignedLogin.key(from: key.key.key), lifetime: lifetime)
    }

    /// Makes a new master key and wraps every record's data key with it.
    ///
    /// - Returns: how many records that were.
    func rotateKey() async throws -> Int {
        do {
            return try await key.rotate(environment: environment) { next in try await registry.rewrap(to: next) }
        } catch {
            throw CommandFailure.told(error)
        }
    }

    // MARK: Tokens

    /// The file with the admin's token, which is made at the first start, and again if the file is gone.
    func adminToken() async throws -> URL {
        let file = directory.appending(path: "admin.token")
        guard !FileManager.default.fileExists(atPath: file.path(percentEncoded: false)) else { return file }
        // The registry first: a start that is cut short here finds no file and begins anew.
        let token = try await telling { () in
            try await registry.revokeToken(name: Self.admin, at: Date())
            return try await newToken(named: Self.admin, expires: nil)
        }
        let path = file.path(percentEncoded: false)
        guard
            FileManager.default.createFile(
                atPath: path + ".new", contents: Data("\(token)\n".utf8), attributes: [.posixPermissions: 0o600]),
            rename(path + ".new", path) == 0
        else { throw CommandFailure("The admin token cannot be written to \(path).") }
        return file
    }

    /// Makes a token and stores its hash; the token itself is told here and never again.
    func createToken(named name: String, expires: Date?) async throws -> String {
        try Self.check(name, of: "token")
        return try await telling(taken: "There is a token \"\(name)\" already; revoke it, or choose another name.") {
            try await newToken(named: name, expires: expires)
        }
    }

    func tokens() async throws -> [TokenEntry] { try await telling { try await registry.tokens() } }

    /// - Returns: whether there was such a token.
    func revokeToken(named name: String) async throws -> Bool {
        try await telling { try await registry.revokeToken(name: name, at: Date()) }
    }

    private func newToken(named name: String, expires: Date?) async throws -> String {
        let token = APIToken.make()
        try await registry.createToken(
            name: name, digest: APIToken.digest(of: token), by: "wellhead", at: Date(), expiresAt: expires)
        return token.withUTF8 { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: Users

    func addUser(named name: String, password: Secret) async throws {
        try Self.check(name, of: "user")
        try await telling(taken: "There is a user \"\(name)\" already.") {
            try await registry.addUser(name, passwordHash: PasswordHash(password), at: Date())
        }
    }

    func users() async throws -> [User] { try await telling { try await registry.users() } }

    /// - Returns: whether there was such a user.
    func removeUser(named name: String) async throws -> Bool {
        try await telling { try await registry.removeUser(name) }
    }

    /// - Returns: whether there is such a user.
    func setPassword(_ password: Secret, ofUser name: String) async throws -> Bool {
        try await telling { try await registry.setPassword(PasswordHash(password), of: name, at: Date()) }
    }

    // MARK: Steps

    /// Runs a call of the registry and tells its failures in a line.
    private func telling<Value>(taken: String? = nil, _ call: () async throws -> Value) async throws -> Value {
        do {
            return try await call()
        } catch RegistryError.nameTaken(let name) {
            throw CommandFailure(taken ?? "The name \"\(name)\" is taken.")
        } catch {
            throw CommandFailure.told(error)
        }
    }

    /// A name stands in records, logs and tables: it has to fit there.
    private static func check(_ name: String, of what: String) throws {
        let isControl: (Unicode.Scalar) -> Bool = { $0.value < 0x20 || $0 == "\u{7F}" }
        guard nameLength.contains(name.count), !name.unicodeScalars.contains(where: isControl) else {
            throw CommandFailure.setting("A \(what)'s name has 1 to 128 characters and no control characters.")
        }
    }
}

extension CommandFailure {
    /// An error of vault or registry, whose descriptions are sentences.
    fileprivate static func told(_ error: any Error) -> CommandFailure {
        (error as? CommandFailure) ?? CommandFailure("\(error)")
    }
}
