import Foundation
import Testbed
import Testing

@testable import wellhead

@Suite("wellhead add, test, list, show and remove")
struct SourceCommandTests {
    private func file(_ text: String) throws -> String {
        try Workspace.write(text, to: Workspace.makeFolder(for: "secret").appending(path: "text")).path
    }

    @Test("A data source goes its way: added through SSH with TLS, listed, shown, tested and removed")
    func way() async throws {
        let service = try await WellheadService.start()
        let database = try await Database.Kind.postgres.shared()
        let bastion = try await SSHServer.start()
        let body = database.body
        let added = try await service.command(
            [
                "add",
                "postgres://\(body["username"].text ?? "")@127.0.0.1:\(body["port"].text ?? "")/\(body["database"].text ?? "")",
                "--name", "shop", "--password-file", "-", "--ssl-ca", try file(Certificates.shared.authorityPEM),
                "--ssl-server-name", "db.test", "--ssh", "\(SSHServer.login.username)@127.0.0.1:\(bastion.port)",
                "--ssh-password-file", try file(SSHServer.login.password + "\n"), "--option", "poolMax=2",
            ], input: (body["password"].text ?? "") + "\n")
        #expect(added.status == 0, "\(added.errors)")
        #expect(added.output.hasPrefix("Connected shop (postgres), id "))
        // Each stage is a line, in its order, with its mark.
        let stages = added.errors.split(separator: "\n").filter { $0.hasPrefix("  ✓ ") }
            .compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
        #expect(
            stages == [
                "resolve", "dial", "ssh_handshake", "ssh_host_key", "ssh_auth", "ssh_forward", "tls", "login",
                "database",
                "probe",
            ])
        #expect(added.errors.contains("  ! "))
        #expect(!added.errors.contains("\u{1B}"))

        let list = try await service.command(["list"])
        #expect(list.output.contains("shop  postgres  127.0.0.1 → 127.0.0.1:"), "\(list.output)")
        #expect(list.errors == "1 data source\n")
        #expect(try await service.command(["list", "--names"]).output == "shop\n")
        #expect(try await service.command(["list", "--driver", "mysql", "--json"]).output == "[]\n")
        let shown = try await service.command(["show", "shop"])
        #expect(shown.output.contains("password "))
        #expect(shown.output.contains("********"))
        let record = try JSON(parsing: try await service.command(["show", "shop", "--json"]).output)
        #expect(record["sslServerName"].text == "db.test")
        #expect(record["options"]["poolMax"].number == 2)
        #expect(record["live"]["status"].text == "connected")

        let tested = try await service.command(["test", "shop"])
        #expect(tested.status == 0)
        #expect(tested.output.hasPrefix("The test passed in "))
        let report = try JSON(parsing: try await service.command(["test", "shop", "--json"]).output)
        #expect(report["ok"].flag == true)

        let unsure = try await service.command(["remove", "shop"])
        #expect(unsure.status == 2)
        #expect(unsure.errors.contains("--yes"))
        #expect(try await service.command(["remove", "shop", "--yes"]).output == "Removed shop.\n")
        #expect(try await service.count() == 0)
        #expect(await service.stop() == 0)
        await bastion.stop()
    }

    @Test("What fails is drawn to where it failed, said in one sentence with its remedy, and stores nothing")
    func failures() async throws {
        let service = try await WellheadService.start()
        let database = try await Database.Kind.postgres.shared()
        let address =
            "postgres://\(database.login.username)@127.0.0.1:\(database.body["port"].text ?? "")/\(database.body["database"].text ?? "")"
        let wrong = try await service.command(["add", address, "--password-file", "-"], input: "wrong\n")
        #expect(wrong.status == 1)
        #expect(wrong.output.isEmpty)
        #expect(wrong.errors.contains("  ✗ login"), "\(wrong.errors)")
        #expect(wrong.errors.split(separator: "\n").last?.hasPrefix("wellhead: ") == true)
        let report = try await service.command(
            ["test", address, "--password-file", "-", "--json"], input: "wrong\n")
        #expect(report.status == 1)
        #expect(try JSON(parsing: report.output)["error"]["code"].text == "login_failed")
        let field = try await service.command(["add", address, "--option", "poolSize=3", "--no-password"])
        #expect(field.status == 1)
        #expect(field.errors.contains("poolSize"))
        #expect(try await service.count() == 0)
        let draft = try await service.command(
            ["add", address, "--name", "later", "--no-test", "--no-password", "--json"])
        #expect(try JSON(parsing: draft.output)["status"].text == "draft")
        #expect(await service.stop() == 0)
    }

    @Test("With --local no service is needed, and nothing is left behind")
    func local() async throws {
        let database = try await Database.Kind.postgres.shared()
        let address =
            "postgres://\(database.login.username)@127.0.0.1:\(database.body["port"].text ?? "")/\(database.body["database"].text ?? "")"
        let temporary = Workspace.makeFolder(for: "temporary")
        let environment = ["TMPDIR": temporary.path]
        let passed = try await Command.run(
            [WellheadService.program, "test", address, "--local", "--password-file", "-"],
            input: database.login.password + "\n", environment: environment)
        #expect(passed.status == 0, "\(passed.errors)")
        #expect(passed.errors.contains("  ✓ probe"))
        let failed = try await Command.run(
            [WellheadService.program, "test", address, "--local", "--password-file", "-", "--json"], input: "wrong\n",
            environment: environment)
        #expect(failed.status == 1)
        #expect(try JSON(parsing: failed.output)["error"]["code"].text == "login_failed")
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.path).isEmpty)
    }

    /// `wellhead test` of a server that says nothing, once it has got there.
    private func hanging(
        _ words: [String], environment: [String: String], at silent: FaultyServer
    ) async throws -> (Daemon, errors: URL) {
        let folder = Workspace.makeFolder(for: "hanging")
        let output = try Workspace.write("", to: folder.appending(path: "out"))
        let errors = try Workspace.write("", to: folder.appending(path: "err"))
        let command = try await Daemon.start(
            [
                WellheadService.program, "test", "postgres://ann@127.0.0.1:\(silent.port)/shop", "--no-password",
                "--timeout", "60",
            ] + words, environment: environment, as: .current, output: output, errors: errors)
        try await eventually("the server is reached") { silent.connections == 1 }
        return (command, errors)
    }

    @Test("A signal ends a test with --local, and nothing is left behind", arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) async throws {
        let silent = try await FaultyServer.start(.silent)
        let temporary = Workspace.makeFolder(for: "temporary")
        let (command, errors) = try await hanging(
            ["--local"], environment: ["TMPDIR": temporary.path], at: silent)
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.path).count == 1)
        command.signal(signal)
        #expect(await command.ended() == 128 + signal)
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.path).isEmpty)
        let said = try String(contentsOf: errors, encoding: .utf8)
        #expect(said.hasSuffix("wellhead: It was interrupted, and nothing was kept.\n"), "\(said)")
        await silent.stop()
    }

    @Test("A service that goes during a test is said to have, and no rows are missed")
    func brokenOff() async throws {
        let silent = try await FaultyServer.start(.silent)
        let service = try await WellheadService.start()
        let (command, errors) = try await hanging(
            ["--server", service.address], environment: ["WELLHEAD_TOKEN": service.token], at: silent)
        await service.crash()
        #expect(await command.ended() == 1)
        let said = try String(contentsOf: errors, encoding: .utf8)
        #expect(said.hasSuffix("wellhead: The answer broke off before the test's end.\n"), "\(said)")
        await silent.stop()
    }

    @Test(
        "Called wrongly, it says how and ends with 2",
        arguments: [
            (["add", "postgres://reader:secret@db/shop"], "--password-file"),
            (["add", "db.example.com"], "is no address"),
            (["add", "oracle://x@y/z"], "no driver for oracle"),
            (["add", "postgres://x@y/z?sslmode=prefer"], "plain text"),
            (["add", "mysql://a@h1,h2/x"], "one host"), (["add", "postgres://x@y/%zz"], "percent sign"),
            (["add", "postgres://x@y/z", "--ssh-key", "k"], "--ssh"), (["test", "x", "--timeout", "90"], "1 to 60"),
            (["add", "postgres://u@h/db?="], "without a name"),
            (["add", "postgres://x@y/z", "--timeout", "90"], "1 to 60"),
            (["add", "postgres://x@y/z", "--ssh-password-file", "f"], "--ssh"),
            (["add", "postgres://x@y/z", "--driver", "stone"], "no driver \"stone\""),
        ])
    func usage(words: [String], says: String) async throws {
        let outcome = try await Command.run([WellheadService.program] + words, environment: ["WELLHEAD_TOKEN": "x"])
        #expect(outcome.status == 2, "\(outcome.errors)")
        #expect(outcome.errors.contains(says), "\(outcome.errors)")
        #expect(!outcome.errors.contains("secret@"))
    }

    @Test(
        "Addresses become fields",
        arguments: [
            (
                "postgres://r%40x@db.test:6000/my%20shop?sslmode=verify-ca&applicationName=a%26b",
                [
                    "driver": "postgres", "username": "r@x", "host": "db.test", "port": "6000", "database": "my shop",
                    "sslMode": "verify-ca",
                ], ["applicationName": "a&b"]
            ),
            ("mysql://[2001:db8::1]:3307/", ["driver": "mysql", "host": "2001:db8::1", "port": "3307"], [:]),
            (
                "sftp://u@files.test:2222/~/in/orders.csv.gz",
                [
                    "driver": "csv", "sshHost": "files.test", "sshPort": "2222", "sshUsername": "u",
                    "database": "in/orders.csv.gz",
                ],
                [:]
            ),
            (
                "https://x.test/e/book.xlsx?y=1",
                ["driver": "excel", "host": "x.test", "database": "/e/book.xlsx?y=1"], [:]
            ),
            (
                "http://api.test:8080/v1", ["driver": "rest", "host": "api.test", "port": "8080", "database": "/v1"],
                [:]
            ),
            ("2026/orders.csv", ["driver": "csv", "database": "2026/orders.csv"], [:]),
        ] as [(String, [String: String], [String: String])])
    func addresses(address: String, fields: [String: String], options: [String: String]) throws {
        let read = try ConnectionURL(address)
        #expect(read.fields.compactMapValues(\.text) == fields)
        #expect(read.options.compactMapValues(\.text) == options)
    }

    @Test(
        "An address says whether TLS is required",
        arguments: [
            ("mongodb+srv://cluster.test/shop", true), ("mongodb+srv://cluster.test/shop?tls=false", false),
            ("mongodb://db.test/shop", nil), ("mongodb://db.test/shop?tls=true", true), ("https://api.test/", true),
            ("http://api.test/", false),
        ] as [(String, Bool?)])
    func encryption(address: String, ssl: Bool?) throws {
        #expect(try ConnectionURL(address).fields["ssl"]?.flag == ssl)
    }

    @Test("A stream of events is cut at every byte and read the same")
    func events() {
        let text = "event: began\ndata: {\"stage\":\"dial\"}\n\nevent: report\ndata: {\"ok\":true}\n\n"
        let bytes = Data(text.utf8)
        for cut in 0...bytes.count {
            var reader = EventReader()
            let events = reader.take(bytes[..<cut]) + reader.take(bytes[cut...])
            #expect(events.map(\.name) == ["began", "report"])
            #expect(events.last?.data["ok"].flag == true)
        }
    }
}
