import Foundation
import Testbed
import Testing

@Suite("Every security scheme at a web server", .enabled(if: SSHServer.availability == nil))
struct RESTMatrixTests {
    private static let login = Login("reader", "p@ss:/%#?\"' wörd")

    @Test("A data source is created, queried, proven at the server and deleted without a trace")
    func matrix() async throws {
        let bastions = try await Bastions.start()
        let service = try await WellheadService.start()
        for encryption in Encryption.allCases {
            let server = try await start(encryption)
            let table = ReportTable("Matrix REST")
            for way in Way.allCases {
                do {
                    let proof = try await prove(encryption, way, server, bastions, service)
                    try table.record(row: way.rawValue, column: encryption.rawValue, .passed(proof))
                } catch {
                    try table.record(row: way.rawValue, column: encryption.rawValue, .failed("\(error)"))
                    Issue.record("REST, \(encryption.rawValue), \(way.rawValue): \(error)")
                }
            }
            await server.stop()
        }
        #expect(await service.stop() == 0)
        await bastions.stop()
    }

    /// A server that wants a login, and what the encryption says.
    private func start(_ encryption: Encryption) async throws -> HTTPServer {
        try await HTTPServer.start(
            .init(
                certificate: encryption == .plain ? nil : Certificates.shared.server(.good),
                clientAuthorityPEM: encryption == .mutual ? Certificates.shared.authorityPEM : nil, login: Self.login),
            files: ["api/index.html": "ok", "api/orders.json": #"[{"id": 1, "total": 24.90}]"#])
    }

    /// One cell.
    private func prove(
        _ encryption: Encryption, _ way: Way, _ server: HTTPServer, _ bastions: Bastions, _ service: WellheadService
    ) async throws -> String {
        let name = "cell \(encryption) \(way)"
        let body = server.body(path: "/api/").with(try encryption.fields(Self.login)).with(bastions.fields(for: way))
            .with(["options": ["applicationName": .text(name)]])
        let record = try await service.create(body)
        guard record["status"].text == "connected", record["published_at"].text != nil else {
            throw TestbedError("the record says \(record["status"])")
        }
        guard try await service.rows(record, "/orders.json") == [[1, "24.90"]] else {
            throw TestbedError("the rows are others")
        }
        let requests = try await server.requests.filter { $0.userAgent == name }
        guard requests.count >= 2, requests.allSatisfy({ $0.status == 200 }) else {
            throw TestbedError("the server's log has \(requests)")
        }
        // The connection that passed the test is the one that served the query.
        guard Set(requests.map(\.connection)).count == 1 else {
            throw TestbedError("it took \(Set(requests.map(\.connection)).count) connections")
        }
        guard requests.allSatisfy({ ($0.tls != nil) == (encryption != .plain) }) else {
            throw TestbedError("the server says that it is encrypted by \(requests[0].tls ?? "nothing")")
        }
        if encryption == .mutual {
            guard
                requests.allSatisfy({
                    $0.clientVerdict == "SUCCESS" && $0.clientSubject?.contains("CN=\(Self.login.username)") == true
                })
            else {
                throw TestbedError(
                    "the server says of the client certificate \(requests[0].clientVerdict ?? "nothing")")
            }
        }
        if let complaint = try await bastions.complaint(about: way, to: server.port, from: service.pid) {
            throw TestbedError(complaint)
        }
        let report = try await service.call("POST /datasources/\(record["id"].text ?? "")/test").json
        guard report["ok"].flag == true else { throw TestbedError("tested afresh it fails: \(report)") }
        let warnings = Set(report["warnings"].list.compactMap { $0["code"].text })
        guard warnings.contains("tls_unverified") == (encryption == .require),
            warnings.contains("password_in_clear") == (encryption == .plain)
        else { throw TestbedError("warnings: \(warnings)") }
        try await service.delete(record)
        try await eventually("the server has no connection any more") { Sockets.connections(to: server.port) == 0 }
        return requests[0].tls ?? "plain"
    }
}
