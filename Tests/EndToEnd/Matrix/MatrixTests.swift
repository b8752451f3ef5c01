import Foundation
import Testbed
import Testing

/// How the connection to the database is encrypted in the matrix.
enum Encryption: String, CaseIterable, Sendable {
    case plain
    case verifyFull = "TLS verify-full"
    case verifyCA = "TLS verify-ca"
    case require = "TLS require"
    case mutual = "mutual TLS"

    /// The fields that choose it. Each of the laxer modes meets what the next stricter one refuses.
    func fields(_ login: Login) throws -> [String: JSON] {
        let authority = JSON.text(Certificates.shared.authorityPEM)
        switch self {
        case .plain: return ["ssl": false]
        case .verifyFull: return ["ssl": true, "sslCA": authority, "sslServerName": "db.test"]
        case .verifyCA:
            return ["ssl": true, "sslMode": "verify-ca", "sslCA": authority, "sslServerName": "elsewhere.test"]
        case .require: return ["ssl": true, "sslMode": "require"]
        case .mutual:
            let identity = try Certificates.shared.client(login.username)
            return [
                "ssl": true, "sslCA": authority, "certificate": .text(identity.chainPEM),
                "keyfile": .text(identity.keyPEM),
            ]
        }
    }
}

@Suite("Every security scheme at every server", .enabled(if: SSHServer.availability == nil))
struct MatrixTests {
    @Test("A data source is created, proven at the server and deleted without a trace", arguments: Database.Kind.here)
    func matrix(kind: Database.Kind) async throws {
        let database = try await kind.start(observed: true)
        let bastions = try await Bastions.start()
        let service = try await WellheadService.start()
        for encryption in Encryption.allCases {
            let table = ReportTable("Matrix \(kind.rawValue)")
            for way in Way.allCases {
                let cell = "\(kind.rawValue), \(encryption.rawValue), \(way.rawValue)"
                do {
                    let proof = try await prove(encryption, way, database, bastions, service)
                    try table.record(row: way.rawValue, column: encryption.rawValue, .passed(proof))
                } catch {
                    try table.record(row: way.rawValue, column: encryption.rawValue, .failed("\(error)"))
                    Issue.record("\(cell): \(error)")
                }
            }
        }
        #expect(await service.stop() == 0)
        await bastions.stop()
        await database.stop()
    }

    /// One cell.
    private func prove(
        _ encryption: Encryption, _ way: Way, _ database: Database, _ bastions: Bastions, _ service: WellheadService
    ) async throws -> String {
        let login = encryption == .mutual ? database.certificateLogin : database.login
        let name = "cell \(encryption) \(way)"
        let body = database.body(as: login).with(try encryption.fields(login)).with(bastions.fields(for: way))
            .with(["options": ["applicationName": .text(name)]])
        let record = try await service.create(body)
        guard record["status"].text == "connected", record["published_at"].text != nil else {
            throw TestbedError("the record says \(record["status"])")
        }

        let sessions = try await database.sessions(named: name)
        guard let session = sessions.first, sessions.count == 1 else {
            throw TestbedError("the server has \(sessions.count) connections of it")
        }
        guard session.user == login.username else { throw TestbedError("the server says \(session.user)") }
        guard (session.tls != nil) == (encryption != .plain) else {
            throw TestbedError("the server says that it is encrypted by \(session.tls ?? "nothing")")
        }
        if encryption == .mutual, let subject = session.clientSubject, !subject.contains("CN=\(login.username)") {
            throw TestbedError("the server says that the client certificate is for \(subject)")
        }
        if let complaint = try await bastions.complaint(about: way, to: database.port, from: service.pid) {
            throw TestbedError(complaint)
        }

        let report = try await service.call("POST /datasources/\(record["id"].text ?? "")/test").json
        guard report["ok"].flag == true else { throw TestbedError("tested afresh it fails: \(report)") }
        let warned = report["warnings"].list.contains { $0["code"].text == "tls_unverified" }
        guard warned == (encryption == .require) else { throw TestbedError("warnings: \(report["warnings"])") }

        try await service.delete(record)
        try await eventually("the server has no connection of it any more") {
            try await database.sessions(named: name).isEmpty
        }
        return session.tls ?? "plain"
    }
}
