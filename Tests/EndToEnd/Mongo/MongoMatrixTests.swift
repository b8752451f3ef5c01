import Foundation
import Testbed
import Testing

@Suite(
    "Every security scheme at MongoDB's peer",
    .enabled(if: SSHServer.availability == nil && MongoServer.availability == nil))
struct MongoMatrixTests {
    @Test("A data source is created, proven at the server and deleted without a trace")
    func matrix() async throws {
        let plain = try await MongoServer.start()
        let encrypted = try await MongoServer.start(.init(certificate: Certificates.shared.server(.good)))
        let bastions = try await Bastions.start()
        let service = try await WellheadService.start()
        let table = ReportTable("Matrix MongoDB (SecantusDB)")
        for encryption in Encryption.allCases {
            let server = encryption == .plain ? plain : encrypted
            for way in Way.allCases {
                do {
                    let proof = try await prove(encryption, way, server, bastions, service)
                    try table.record(row: way.rawValue, column: encryption.rawValue, .passed(proof))
                } catch {
                    try table.record(row: way.rawValue, column: encryption.rawValue, .failed("\(error)"))
                    Issue.record("MongoDB, \(encryption.rawValue), \(way.rawValue): \(error)")
                }
            }
        }
        let log = service.logText
        for secret in [MongoServer.Logins.reader.password, SSHServer.login.password] { #expect(!log.contains(secret)) }
        #expect(await service.stop() == 0)
        await bastions.stop()
        await plain.stop()
        await encrypted.stop()
    }

    /// One cell.
    private func prove(
        _ encryption: Encryption, _ way: Way, _ server: MongoServer, _ bastions: Bastions, _ service: WellheadService
    ) async throws -> String {
        let login = encryption == .mutual ? Login("mutual", "") : MongoServer.Logins.reader
        let name = "cell \(encryption) \(way)"
        var body = server.body(as: login).with(try encryption.fields(login)).with(bastions.fields(for: way))
            .with(["options": ["applicationName": .text(name)]])
        // The certificate says who logs in.
        if encryption == .mutual { body = body.with(["username": .null]) }
        let record = try await service.create(body)
        guard record["status"].text == "connected" else { throw TestbedError("the record says \(record["status"])") }
        let sessions = try await server.sessions(named: name)
        // The peer lists no name of those who came by certificate. That they are somebody shows by the query below.
        let user = encryption == .mutual ? nil : login.username
        guard sessions.map(\.user) == [user] else { throw TestbedError("the server has \(sessions)") }
        if let complaint = try await bastions.complaint(about: way, to: server.port, from: service.pid) {
            throw TestbedError(complaint)
        }
        let report = try await service.call("POST /datasources/\(record["id"].text ?? "")/test").json
        guard report["ok"].flag == true else { throw TestbedError("tested afresh it fails: \(report)") }
        let answer = try await service.call(
            "POST /datasources/\(record["id"].text ?? "")/query",
            ["statement": #"{"count": "orders", "query": {"number": {"$lte": {"$param": 1}}}}"#, "parameters": [7]])
        guard try answer.json["rows"].list.first?.list.first?.number == 7 else { throw TestbedError("\(answer)") }
        try await service.delete(record)
        try await eventually("the server has no connection of it any more") {
            try await server.sessions(named: name).isEmpty
        }
        return encryption == .plain ? "plain" : "TLS"
    }
}
