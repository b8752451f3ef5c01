import Foundation
import Testbed
import Testing

/// The console in a real browser, over the program itself, a real SSH server and a real database.
@Suite(
    "The console in a browser", .enabled(if: Browser.availability == nil), .enabled(if: SSHServer.availability == nil))
struct ConsoleTests {
    /// A login that may read one table of fifty rows, with names that would be markup if anybody let them.
    private static let tables = """
        create table customers (id integer primary key, name text not null, email text, since date);
        insert into customers select i, '<b>Customer ' || i || '</b>',
            case when i % 3 <> 0 then 'c' || i || '@example.com' end, date '2024-01-01' + i
            from generate_series(1, 50) i;
        grant select on customers to public
        """

    @Test("Signs in, connects through SSH with TLS, fails and mends, asks, downloads, changes and deletes")
    func journey() async throws {
        let database = try await PostgresServer.start(.init(certificate: Certificates.shared.server(.good)))
        for statement in Self.tables.split(separator: ";") { _ = try await database.admin(String(statement)) }
        let bastion = try await SSHServer.start(.init(hostKeys: [.ed25519]))
        let other = try await SSHServer.start(.init(hostKeys: [.ed25519]))
        let file = try Workspace.write(
            "id,total\n1,24.90\n2,3.00\n3,7.50\n",
            to: Workspace.makeFolder(for: "files").appending(path: "orders.csv"))
        let silent = try await FaultyServer.start(.silent)
        let service = try await WellheadService.start()
        let password = "correct horse battery"
        try await Command.check(
            [WellheadService.program, "user", "add", "ada", "--data", service.data.path], input: password)
        let login = PostgresServer.Logins.scram
        let steps = try await Browser.run(
            "journey.py",
            [
                "address": .text(service.address), "pictures": .text(try Browser.pictures.path), "user": "ada",
                "password": .text(password), "token": .text(service.token), "host": "127.0.0.1",
                "port": .number(Double(database.port)), "login": .text(login.username),
                "loginPassword": .text(login.password), "database": .text(PostgresServer.database),
                "file": .text(file.path), "silent": .number(Double(silent.port)),
                "authority": .text(Certificates.shared.authorityPEM),
                "ssh": [
                    "host": "127.0.0.1", "port": .number(Double(bastion.port)),
                    "user": .text(SSHServer.login.username),
                    "keyFile": .text(bastion.keys.key(.ed25519).file.path),
                    "fingerprint": .text(try await bastion.hostKeyFingerprint(.ed25519)),
                    "otherPort": .number(Double(other.port)),
                    "otherKey": .text(try other.hostKeyLine(.ed25519)),
                ],
            ])
        for step in steps where step.complaint != nil {
            Issue.record("\(step.name): \(step.complaint ?? "")")
        }
        #expect(silent.accepted == 1)
        #expect(silent.connections == 0)
        // What the page showed it asked of the service, which is clean afterwards.
        #expect(try await service.count() == 0)
        try await eventually("nobody is logged in any more") { try await database.sessions(of: login.username) == 0 }
        #expect(await service.stop() == 0)
        await silent.stop()
        await bastion.stop()
        await other.stop()
        await database.stop()
    }
}
