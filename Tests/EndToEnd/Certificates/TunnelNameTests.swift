import Testbed
import Testing

@Suite("The server's name through a tunnel", .serialized, .enabled(if: SSHServer.availability == nil))
struct TunnelNameTests {
    @Test(
        "is the record's host, and not the address at an end of the tunnel",
        arguments: [("localhost", true, true), ("localhost", true, false), ("127.0.0.1", false, true)])
    func name(certified: String, passes: Bool, forwarded: Bool) async throws {
        // The certificate is for the name alone or for the address alone; the record says localhost.
        let byName = certified == "localhost"
        let identity = try Certificates.shared.authority.issue(
            .server, commonName: certified, names: byName ? [certified] : [],
            addresses: byName ? [] : [[127, 0, 0, 1]])
        let database = Database.postgres(try await PostgresServer.start(.init(certificate: identity)))
        let bastion = try await SSHServer.start()
        let service = try await WellheadService.start()
        let body = database.body.with(bastion.fields).with([
            "host": "localhost", "ssl": true, "sslCA": .text(Certificates.shared.authorityPEM),
            "sshTunneling": .flag(forwarded),
        ])
        let answer = try await service.call("POST /datasources", body)
        #expect(answer.status == (passes ? 200 : 422), "\(answer)")
        if !passes {
            let json = try answer.json
            #expect(json["error"]["code"].text == "tls_hostname_mismatch")
            #expect(json["message"].text?.contains("not for localhost") == true)
            #expect(json["error"]["hint"].text?.contains("127.0.0.1") == true)
        }
        #expect(await service.stop() == 0)
        await bastion.stop()
        await database.stop()
    }
}
