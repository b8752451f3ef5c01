/// The servers that all suites of a test process share: each started when first asked for, once.
///
/// A test that stops, restarts or reconfigures a server starts one of its own instead.
package actor Testbed {
    /// This process's servers.
    package static let shared = Testbed()

    private var postgresStart: Task<PostgresServer, any Error>?
    private var mariaDBStart: Task<MariaDBServer, any Error>?
    private var mySQLStart: Task<MySQLServer, any Error>?
    private var mongoStart: Task<MongoServer, any Error>?
    private var sshStart: Task<SSHServer, any Error>?
    private var sshKeysStart: Task<SSHKeys, any Error>?

    /// PostgreSQL with the default configuration.
    package func postgres() async throws -> PostgresServer {
        try await Self.once(&postgresStart) { try await PostgresServer.start() }.value
    }

    /// MariaDB with the default configuration.
    package func mariaDB() async throws -> MariaDBServer {
        try await Self.once(&mariaDBStart) { try await MariaDBServer.start() }.value
    }

    /// MySQL with the default configuration. Ask ``MySQLServer/availability`` first.
    package func mySQL() async throws -> MySQLServer {
        try await Self.once(&mySQLStart) { try await MySQLServer.start() }.value
    }

    /// MongoDB's peer with the default configuration. Ask ``MongoServer/availability`` first.
    package func mongo() async throws -> MongoServer {
        try await Self.once(&mongoStart) { try await MongoServer.start() }.value
    }

    /// The SSH server with the default configuration. Ask ``SSHServer/availability`` first.
    package func ssh() async throws -> SSHServer {
        try await Self.once(&sshStart) { try await SSHServer.start() }.value
    }

    /// The key pairs that may log in at every SSH server here.
    package func sshKeys() async throws -> SSHKeys {
        try await Self.once(&sshKeysStart) { try await SSHKeys.make() }.value
    }

    /// The server that was or is being started; the first to ask starts it.
    private static func once<Server: Sendable>(
        _ start: inout Task<Server, any Error>?, _ make: @escaping @Sendable () async throws -> Server
    ) -> Task<Server, any Error> {
        if let start { return start }
        let new = Task { try await make() }
        start = new
        return new
    }
}
