import MongoWire

/// Reads what `connectionStatus` says of a login.
enum MongoPrivileges {
    /// How much a login may do.
    enum Power: Equatable {
        case reading
        case writing
        case everything
        /// Nobody is logged in, and nobody has to be.
        case unguarded
    }

    /// - Parameter status: the answer, with `showPrivileges`.
    static func power(in status: BSONDocument) -> Power {
        let info = status["authInfo"]?.document ?? [:]
        guard info["authenticatedUsers"]?.list?.isEmpty == false else { return .unguarded }
        let roles = info["authenticatedUserRoles"]?.list?.compactMap { $0.document?["role"]?.text } ?? []
        if !superusers.isDisjoint(with: roles) { return .everything }
        var power = writers.isDisjoint(with: roles) ? Power.reading : .writing
        for privilege in info["authenticatedUserPrivileges"]?.list?.compactMap(\.document) ?? [] {
            let actions = privilege["actions"]?.list?.compactMap(\.text) ?? []
            if actions.contains("anyAction") { return .everything }
            guard !writing.isDisjoint(with: actions), !isServersOwn(privilege["resource"]?.document) else { continue }
            power = .writing
        }
        return power
    }

    /// Built-in roles that may do everything, or give themselves every right.
    private static let superusers: Set<String> = ["root", "__system", "userAdminAnyDatabase", "restore"]
    /// Built-in roles that write, for servers that list no privileges.
    private static let writers: Set<String> = [
        "readWrite", "readWriteAnyDatabase", "dbAdmin", "dbAdminAnyDatabase", "dbOwner", "userAdmin",
    ]
    private static let writing: Set<String> = [
        "insert", "update", "remove", "createCollection", "dropCollection", "dropDatabase", "renameCollectionSameDB",
        "createIndex", "dropIndex", "collMod", "convertToCapped", "createUser", "grantRole", "createRole",
    ]

    /// Some roles that only read may change what the server keeps for itself.
    private static func isServersOwn(_ resource: BSONDocument?) -> Bool {
        resource?["collection"]?.text?.hasPrefix("system.") == true || resource?["db"]?.text == "config"
            || resource?["db"]?.text == "local"
    }
}
