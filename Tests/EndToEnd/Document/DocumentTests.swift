import Foundation
import NIOHTTP1
import Testbed
import Testing

/// The document that the product was ordered with, `datasources-post`, taken at its word.
@Suite("The document's call", .enabled(if: SSHServer.availability == nil))
struct DocumentTests {
    /// How the body is sent; the document has the last one in its `curl` call.
    enum Form: String, CaseIterable, Sendable {
        case json, xml, form
        case jsonUnderFormType = "JSON under the form's content type"
    }

    /// Every field of the document's request.
    static let requested = [
        "driver", "host", "username", "password", "database", "port", "ssl", "keyfile", "certificate", "sslCA", "ssh",
        "sshHost", "sshUsername", "sshPassword", "sshPort", "sshIdentity", "sshTunneling",
    ]
    /// Every field of the document's answer.
    static let answered = ["id"] + requested + ["published_at", "created_by", "updated_by"]
    static let secrets: Set = ["password", "keyfile", "sshPassword", "sshIdentity"]

    @Test("With every field in use it answers 200, with every field of the document", arguments: Form.allCases)
    func everyField(form: Form) async throws {
        let database = try await (Database.Kind.here.last ?? .mariaDB).shared()
        let bastion = try await SSHServer.start(.init(methods: .keyAndPassword))
        let service = try await WellheadService.start()
        let login = database.certificateLogin
        let identity = try Certificates.shared.client(login.username)
        let body = database.body(as: login).with(bastion.fields).with([
            "ssl": true, "sslCA": .text(Certificates.shared.authorityPEM), "certificate": .text(identity.chainPEM),
            "keyfile": .text(identity.keyPEM),
            "sshIdentity": .text(try await Testbed.shared.sshKeys().key(.ed25519).privateText),
        ])
        #expect(Set(body.fields.keys) == Set(Self.requested))

        let record = try await send(body, as: form, to: service)
        #expect(Set(record.fields.keys).isSuperset(of: Self.answered))
        for (name, value) in body.fields {
            if Self.secrets.contains(name) {
                #expect(record[name] == "********")
            } else if let text = value.text {
                #expect(record[name].text?.split(separator: "\n") == text.split(separator: "\n"), "\(name)")
            } else {
                #expect(record[name] == value, "\(name)")
            }
        }
        #expect(record["status"].text == "connected")
        let published = try #require(record["published_at"].text)
        #expect(published.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/) != nil)
        #expect(record["created_by"].text == "admin")
        #expect(record["updated_by"].text == "admin")
        #expect(try await database.sessions(of: login.username) >= 1)
        try await service.delete(record)
        #expect(await service.stop() == 0)
        await bastion.stop()
    }

    private func send(_ body: JSON, as form: Form, to service: WellheadService) async throws -> JSON {
        let answer: Answer
        switch form {
        case .json: answer = try await service.call("POST /datasources", body)
        case .xml:
            answer = try await service.call("POST /datasources", body: Self.xml(body), type: "application/xml")
        case .form:
            answer = try await service.call(
                "POST /datasources", body: Self.form(body), type: "application/x-www-form-urlencoded")
        case .jsonUnderFormType:
            let said = try await Command.check([
                "curl", "--silent", "--show-error", "--request", "POST", "--url", "\(service.address)/datasources",
                "--header", "Authorization: Bearer \(service.token)", "--header",
                "content-type: application/x-www-form-urlencoded", "--data", try body.document,
            ])
            return try JSON(parsing: said)
        }
        guard answer.status == 200 else { throw TestbedError("\(answer)") }
        return try answer.json
    }

    private static func text(_ value: JSON) -> String { value.text ?? value.flag.map { "\($0)" } ?? "" }

    private static func xml(_ body: JSON) -> String {
        let fields = body.fields.map { name, value in
            let escaped = text(value).replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            return "  <\(name)>\(escaped)</\(name)>\n"
        }
        return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<item>\n\(fields.joined())</item>\n"
    }

    private static func form(_ body: JSON) -> String {
        let plain = CharacterSet.alphanumerics
        return body.fields.map { name, value in
            "\(name)=\(text(value).addingPercentEncoding(withAllowedCharacters: plain) ?? "")"
        }.joined(separator: "&")
    }

    @Test("Its values as they are printed there are refused by name, and nothing is stored")
    func placeholders() async throws {
        let service = try await WellheadService.start()
        let body = """
            {"driver":"mysql","host":"string","username":"string","password":"string","database":"string",\
            "port":"string","ssl":true,"keyfile":"string","certificate":"string","sslCA":"string","ssh":true,\
            "sshHost":"string","sshUsername":"string","sshPassword":"string","sshPort":"string",\
            "sshIdentity":"string","sshTunneling":true}
            """
        let answer = try await service.call(
            "POST /datasources", body: body, type: "application/x-www-form-urlencoded")
        #expect(answer.status == 400)
        let named = try answer.json["error"]["fields"].list.compactMap { $0["field"].text }
        #expect(Set(named) == ["port", "keyfile", "certificate", "sslCA", "sshPort", "sshIdentity"])
        #expect(try await service.count() == 0)
        #expect(await service.stop() == 0)
    }

    @Test("Without a token, with a wrong one and with none after the word, it answers 403 as the contract says")
    func forbidden() async throws {
        let service = try await WellheadService.start()
        for authorization in [nil, .token("wrong"), .token("")] as [WellheadService.Authorization?] {
            let answer = try await service.call("POST /datasources", ["driver": "mysql"], as: authorization)
            #expect(answer.status == 403)
            #expect(answer.text == #"{"code":403,"message":"Error - Forbidden"}"#)
            #expect(answer.headers["WWW-Authenticate"] == ["Bearer"])
        }
        #expect(await service.stop() == 0)
    }
}
