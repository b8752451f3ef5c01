import Foundation
import Testbed
import Testing

@Suite("A certificate that is about to end", .serialized)
struct ExpiryTests {
    private static let day: TimeInterval = 86_400

    @Test("is warned of in the report with the days, and its end is in the status", arguments: Database.Kind.here)
    func server(kind: Database.Kind) async throws {
        for (certificate, isWarned) in [(Certificates.Server.endsSoon, true), (.good, false)] {
            let database = try await kind.start(showing: certificate)
            let service = try await WellheadService.start()
            let body = database.body.with([
                "ssl": true, "sslCA": .text(Certificates.shared.authorityPEM), "sslServerName": "db.test",
            ])
            let report = try await service.call("POST /datasources/test", body).json
            let warnings = report["warnings"].list.filter { $0["code"].text == "certificate_expiring" }
            #expect(warnings.count == (isWarned ? 1 : 0))
            if isWarned { #expect(warnings.first?["message"].text?.contains("ends in 5 days") == true) }
            let stage = report["stages"].list.first { $0["stage"].text == "tls" }
            #expect(stage?["detail"].text?.contains(isWarned ? "(in 5 days)" : "(in 89 days)") == true)

            let record = try await service.create(body)
            let end = Certificates.shared.server(certificate).notAfter
            #expect(try await Self.expiry(of: record, service) == end.timeIntervalSince1970)
            #expect(try await service.status(record)["certificate_days_left"] == (isWarned ? 5 : 89))
            #expect(await service.stop() == 0)
            await database.stop()
        }
    }

    @Test("is warned of, too, where it is the client's, and the status has the earlier end")
    func client() async throws {
        let database = try await Database.Kind.postgres.shared()
        let service = try await WellheadService.start()
        let login = database.certificateLogin
        // Certificates know whole seconds.
        let end = Date(timeIntervalSince1970: (Date.now.timeIntervalSince1970 + 3 * Self.day + 3600).rounded())
        let identity = try Certificates.shared.authority.issue(.client, commonName: login.username, until: end)
        let body = database.body(as: login).with([
            "ssl": true, "sslCA": .text(Certificates.shared.authorityPEM), "certificate": .text(identity.chainPEM),
            "keyfile": .text(identity.keyPEM),
        ])
        let report = try await service.call("POST /datasources/test", body).json
        let warning = report["warnings"].list.first { $0["code"].text == "certificate_expiring" }
        #expect(warning?["message"].text?.contains("client certificate ends in 3 days") == true)
        let record = try await service.create(body)
        #expect(try await Self.expiry(of: record, service) == end.timeIntervalSince1970)
        #expect(try await service.status(record)["certificate_days_left"] == 3)
        #expect(await service.stop() == 0)
    }

    /// The end that the status tells, in whole seconds since 1970.
    private static func expiry(of record: JSON, _ service: WellheadService) async throws -> TimeInterval? {
        guard let text = try await service.status(record)["certificate_expires"].text else { return nil }
        let plain = text.replacing(/\.\d+/, with: "")
        return try Date(plain, strategy: .iso8601).timeIntervalSince1970
    }
}
