import Testing

@testable import MySQLWire

@Suite("A real MariaDB")
struct MariaDBTests {
    @Test("A login, a text query, an end")
    func textQuery() async throws {
        let server = try await LocalMariaDB.shared.value
        let connection = try await server.connect()
        #expect(connection.flavour == .mariaDB)
        #expect(connection.serverVersion.hasPrefix("10.11."))
        let rows = try await connection.simpleQuery("SELECT 1, NULL, 'zwölf', CONNECTION_ID()")
        #expect(rows == [["1", nil, "zwölf", String(connection.connectionID)]])
        try await connection.ping()
        await connection.close()
        await #expect(throws: MySQLWireError.connectionClosed) { try await connection.ping() }
    }
}
