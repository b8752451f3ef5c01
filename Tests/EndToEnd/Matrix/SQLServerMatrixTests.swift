import Foundation
import Testbed
import Testing

/// The matrix once more, at the stand-in for SQL Server: it proves the route, the driver and the protocol's document, not
/// SQL Server.
@Suite("Every security scheme at the stand-in for SQL Server", .enabled(if: SSHServer.availability == nil))
struct SQLServerMatrixTests {
    @Test("A data source is created, proven at the stand-in and deleted without a trace")
    func matrix() async throws {
        let server = try await SQLServerStandIn.start()
        let bastions = try await Bastions.start()
        let service = try await WellheadService.start()
        let table = ReportTable("Matrix SQL Server stand-in")
        for encryption in Encryption.allCases {
            for way in Way.allCases {
                do {
                    let proof = try await prove(encryption, way, server, bastions, service)
                    try table.record(row: way.rawValue, column: encryption.rawValue, .passed(proof))
                } catch {
                    try table.record(row: way.rawValue, column: encryption.rawValue, .failed("\(error)"))
                    Issue.record("\(encryption.rawValue), \(way.rawValue): \(error)")
                }
            }
        }
        #expect(await service.stop() == 0)
        await bastions.stop()
        await server.stop()
    }

    /// One cell.
    private func prove(
        _ encryption: Encryption, _ way: Way, _ server: SQLServerStandIn, _ bastions: Bastions,
        _ service: WellheadService
    ) async throws -> String {
        typealias Logins = SQLServerStandIn.Logins
        let login = encryption == .mutual ? Logins.certificate : Logins.reader
        let name = "cell \(encryption) \(way)"
        let body = server.body(as: login).with(try encryption.fields(login)).with(bastions.fields(for: way))
            .with(["options": ["applicationName": .text(name)]])
        let record = try await service.create(body)
        guard record["status"].text == "connected" else { throw TestbedError("the record says \(record["status"])") }

        let sessions = try server.sessions(named: name)
        guard let session = sessions.first, sessions.count == 1 else {
            throw TestbedError("the stand-in has \(sessions.count) connections of it")
        }
        guard session.user == login.username, (session.tls != nil) == (encryption != .plain),
            session.loginTLS != nil, session.clientSubject == (encryption == .mutual ? login.username : nil)
        else { throw TestbedError("the stand-in says \(session)") }
        if let complaint = try await bastions.complaint(about: way, to: server.port, from: service.pid) {
            throw TestbedError(complaint)
        }

        let id = record["id"].text ?? ""
        let rows = try await service.call("POST /datasources/\(id)/query", ["statement": "select id from orders"]).json
        guard rows["rows"].list.count == 3 else { throw TestbedError("the query gives \(rows)") }
        let report = try await service.call("POST /datasources/\(id)/test").json
        guard report["ok"].flag == true else { throw TestbedError("tested afresh it fails: \(report)") }
        let warned = report["warnings"].list.contains { $0["code"].text == "tls_unverified" }
        guard warned == (encryption == .require || encryption == .plain) else {
            throw TestbedError("warnings: \(report["warnings"])")
        }

        try await service.delete(record)
        try await eventually("the stand-in has no connection of it any more") {
            try server.sessions(named: name).isEmpty
        }
        return session.tls ?? "plain"
    }
}
