import Foundation
import Testbed
import Testing

@Suite("The program's settings")
struct SettingsTests {
    @Test("docs/settings.md has every flag of serve, and no other")
    func documented() async throws {
        let help = try await Command.check([WellheadService.program, "serve", "--help"])
        let page = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/settings.md"),
            encoding: .utf8)
        func flags(_ text: String, _ pattern: Regex<(Substring, Substring)>) -> Set<String> {
            Set(text.matches(of: pattern).map { String($0.1) })
        }
        let known = flags(help, /(?m)^\s+(--[a-z-]+)/).subtracting(["--version", "--help", "--show-settings"])
        #expect(flags(page, /(?m)^\| `(--[a-z-]+)`/) == known)
    }

    @Test("A flag wins over the environment, the environment over the file, the file over the default")
    func precedence() async throws {
        let file = Workspace.makeFolder(for: "settings").appending(path: "wellhead.json")
        try Workspace.write(#"{"port": 4001, "host": "127.0.0.2", "data": "/tmp/from-file"}"#, to: file)
        func shown(_ arguments: [String], _ environment: [String: String]) async throws -> JSON {
            let command = [WellheadService.program, "serve", "--show-settings"] + arguments
            return try JSON(parsing: try await Command.check(command, environment: environment))
        }
        let defaults = try await shown([], [:])
        #expect(defaults["address"].text == "http://127.0.0.1:1337")
        let byFile = try await shown(["--config", file.path], [:])
        #expect(byFile["address"].text == "http://127.0.0.2:4001")
        #expect(byFile["data"].text == "/tmp/from-file/")
        let byEnvironment = try await shown([], ["WELLHEAD_CONFIG": file.path, "WELLHEAD_PORT": "4002"])
        #expect(byEnvironment["address"].text == "http://127.0.0.2:4002")
        let byFlag = try await shown(["--port", "4003"], ["WELLHEAD_CONFIG": file.path, "WELLHEAD_PORT": "4002"])
        #expect(byFlag["address"].text == "http://127.0.0.2:4003")
    }

    @Test(
        "A setting that cannot be used ends the start with one line and status 2",
        arguments: [
            ["--port", "65536"], ["--port", "http"], ["--config", "/nonexistent"], ["--source-deny", "10.0.0.0/99"],
            ["--log-level", "loud"], ["--tls-certificate", "/etc/hostname"], ["--no-such-flag"],
        ])
    func refused(arguments: [String]) async throws {
        let outcome = try await Command.run([WellheadService.program, "serve"] + arguments)
        #expect(outcome.status == 2)
        #expect(outcome.errors.split(separator: "\n").first?.isEmpty == false)
        #expect(outcome.output.isEmpty)
    }

    @Test("A port that is taken, and a data directory that is served already, end the start with one line and 1")
    func taken() async throws {
        let service = try await WellheadService.start()
        let elsewhere = Workspace.makeFolder(for: "data").path
        for arguments in [
            ["--port", String(service.port), "--data", elsewhere], ["--port", "0", "--data", service.data.path],
        ] {
            let outcome = try await Command.run([WellheadService.program, "serve"] + arguments)
            #expect(outcome.status == 1)
            #expect(outcome.errors.split(separator: "\n").last?.contains("in use") == true, "\(outcome.errors)")
        }
        #expect(await service.stop() == 0)
    }

    @Test("Tokens and users made by command are let in, and out once they are revoked or removed")
    func callers() async throws {
        let service = try await WellheadService.start()
        func wellhead(_ words: String..., input: String = "") async throws -> String {
            try await Command.check(
                [WellheadService.program] + words + ["--data", service.data.path], input: input)
        }
        let made = try JSON(parsing: try await wellhead("token", "create", "job", "--json"))
        let token = try #require(made["token"].text)
        #expect(try await service.call("GET /datasources", as: .token(token)).status == 200)
        let record = try await service.call(
            "POST /datasources?connect=false", ["driver": "postgres", "host": "db", "username": "ann"],
            as: .token(token)
        ).json
        #expect(record["created_by"].text == "job")
        #expect(!(try await wellhead("token", "list", "--json")).contains(token))
        _ = try await wellhead("token", "revoke", "job")
        #expect(try await service.call("GET /datasources", as: .token(token)).status == 403)

        _ = try await wellhead("user", "add", "ada", input: "a pass phrase\n")
        let login = try await service.call("POST /auth/local", ["user": "ada", "password": "a pass phrase"], as: nil)
        let jwt = try #require(try login.json["jwt"].text)
        #expect(try await service.call("GET /datasources", as: .token(jwt)).status == 200)
        _ = try await wellhead("user", "remove", "ada")
        #expect(try await service.call("GET /datasources", as: .token(jwt)).status == 403)
        #expect(await service.stop() == 0)
    }
}
