import Foundation
import Testbed
import Testing

@Suite("Every fault of a MongoDB server is recognised", .serialized, .enabled(if: MongoServer.availability == nil))
struct MongoFaultTests {
    /// What is wrong, and what a caller is told.
    struct Trouble: Sendable, CustomTestStringConvertible {
        var name: String
        var told: String
        var timeout = 10
        var body: @Sendable (Ground) async throws -> JSON

        init(
            _ name: String, _ told: String, timeout: Int = 10, _ body: @escaping @Sendable (Ground) async throws -> JSON
        ) {
            self.name = name
            self.told = told
            self.timeout = timeout
            self.body = body
        }

        var testDescription: String { name }
    }

    /// The servers that all share.
    struct Ground: Sendable {
        let service: WellheadService
        let plain: MongoServer
        let encrypted: MongoServer
        let strict: MongoServer

        static let shared = Task { try await Ground() }

        private init() async throws {
            service = try await WellheadService.start()
            plain = try await MongoServer.start()
            encrypted = try await MongoServer.start(.init(certificate: Certificates.shared.server(.good)))
            strict = try await MongoServer.start(
                .init(certificate: Certificates.shared.server(.good), requiresClientCertificate: true))
        }
    }

    private static let tls: [String: JSON] = [
        "ssl": true, "sslCA": .text(Certificates.shared.authorityPEM), "sslServerName": "db.test",
    ]

    private static func peer(_ behaviour: FaultyServer.Behaviour, _ fields: [String: JSON] = [:]) async throws -> JSON {
        let server = try await FaultyServer.start(behaviour)
        return JSON.object([
            "driver": "mongo", "host": "127.0.0.1", "port": "\(server.port)", "username": "ann", "password": "secret",
        ]).with(fields)
    }

    static let troubles: [Trouble] = [
        Trouble("a wrong password", "login login_failed") { $0.plain.body(as: Login("reader", "wrong")) },
        Trouble("an unknown user", "login login_failed") { $0.plain.body(as: Login("nobody", "x")) },
        Trouble("no password", "login login_failed") { $0.plain.body(as: Login("reader", "")) },
        Trouble("no login", "login login_failed") { $0.plain.body().with(["username": .null, "password": .null]) },
        Trouble("another authentication database", "login login_failed") {
            $0.plain.body().with(["options": ["authSource": "wellhead"]])
        },
        Trouble("a forbidden database", "database database_forbidden") {
            $0.plain.body().with(["database": "private"])
        },
        Trouble("another replica set", "login replica_set_mismatch") {
            $0.plain.body().with(["options": ["replicaSet": "rs"]])
        },
        Trouble("a server without TLS", "tls tls_not_supported") { $0.plain.body().with(tls) },
        Trouble("a server with TLS alone", "login tls_required") { $0.encrypted.body() },
        Trouble("a server with TLS and client certificates alone", "login tls_required") { $0.strict.body() },
        Trouble("no client certificate", "tls tls_client_certificate_required") { $0.strict.body().with(tls) },
        Trouble("a stranger's client certificate", "tls tls_client_certificate_rejected") { ground in
            let identity = try Certificates.shared.foreignClient("mutual")
            return ground.strict.body().with(tls)
                .with(["certificate": .text(identity.chainPEM), "keyfile": .text(identity.keyPEM)])
        },
        Trouble("an authority that is not trusted", "tls tls_untrusted") { $0.encrypted.body().with(["ssl": true]) },
        Trouble("another name", "tls tls_hostname_mismatch") {
            $0.encrypted.body().with(tls).with(["sslServerName": "elsewhere.test"])
        },
        Trouble("a certificate that is no user's", "login login_failed") { ground in
            let identity = try Certificates.shared.client("somebody")
            return ground.encrypted.body().with(tls).with([
                "username": .null, "password": .null, "certificate": .text(identity.chainPEM),
                "keyfile": .text(identity.keyPEM),
            ])
        },
        Trouble("an SSH server", "login not_this_driver") { _ in try await peer(.says(Banners.ssh)) },
        Trouble("a web server", "login not_this_driver") { _ in try await peer(.says(Banners.http)) },
        Trouble("a MySQL server", "login not_this_driver") { _ in try await peer(.says(Banners.mySQLGreeting())) },
        Trouble("garbage", "login not_this_driver") { _ in try await peer(.says(Banners.garbage)) },
        Trouble("a flood", "login not_this_driver") { _ in try await peer(.floods(Array("blah ".utf8))) },
        Trouble("silence", "login deadline_exceeded", timeout: 2) { _ in try await peer(.silent) },
        Trouble("silence and TLS", "tls deadline_exceeded", timeout: 2) { _ in try await peer(.silent, ["ssl": true]) },
        Trouble("a close", "login server_closed") { _ in try await peer(.closes(afterReceiving: 16)) },
        Trouble("nobody", "dial connection_refused") { _ in
            let port = try FreePort.next()
            return JSON.object(["driver": "mongo", "host": "127.0.0.1", "port": "\(port)"])
        },
        Trouble("a service that is not there", "resolve host_not_found") { _ in
            JSON.object(["driver": "mongo", "host": "cluster.nowhere.invalid", "options": ["srv": true]])
        },
    ]

    @Test("A fault is told by stage and code, within the deadline, and nothing is stored", arguments: troubles)
    func fault(trouble: Trouble) async throws {
        let ground = try await Ground.shared.value
        let body = try await trouble.body(ground)
        let answer = try await ground.service.call("POST /datasources?timeout=\(trouble.timeout)", body)
        let json = try answer.json
        let told = "\(json["error"]["stage"].text ?? "none") \(json["error"]["code"].text ?? "none")"
        try ReportTable("Faults MongoDB (SecantusDB)").record(
            row: trouble.name, column: "told",
            told == trouble.told ? .passed(told) : .failed("\(told), not \(trouble.told)"))
        #expect(told == trouble.told, "\(answer)")
        #expect(answer.status == 422)
        #expect(json["report"]["stages"].list.last?["stage"].text == json["error"]["stage"].text)
        #expect(json["error"]["hint"].text?.isEmpty == false)
        #expect(try await ground.service.count() == 0)
    }
}
