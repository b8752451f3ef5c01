import Testbed

/// Servers of their own.
enum MariaDBBench {
    /// MariaDB as Debian once set it up: latin1, in a time zone east of here.
    static func latin1() async throws -> Database {
        let server = try await MariaDBServer.start(
            .init(settings: ["character-set-server": "latin1", "default-time-zone": "+05:30"]))
        try await server.admin("create table `größe` (id int)")
        return .mariaDB(server)
    }
}
