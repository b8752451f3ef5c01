import Foundation
import Testbed
import Testing

/// A CSV file at every place where it can be, behind every security scheme that leads there, from real servers.
@Suite("Files by every security scheme", .enabled(if: SSHServer.availability == nil))
struct RemoteFileMatrixTests {
    @Test(
        "A file is fetched from a web server, proven there, read and let go without a trace",
        arguments: Encryption.allCases)
    func web(encryption: Encryption) async throws {
        let login = Login("reader", "s3cret%2F päss")
        let server = try await HTTPServer.start(
            .init(
                certificate: encryption == .plain ? nil : Certificates.shared.server(.good),
                clientAuthorityPEM: encryption == .mutual ? Certificates.shared.authorityPEM : nil, login: login))
        try server.write("id,city\n1,Zürich\n2,Bern\n", to: "exports/2026 cities.csv")
        let bastions = try await Bastions.start()
        let service = try await WellheadService.start()
        let table = ReportTable("Matrix CSV by HTTP")
        for way in Way.allCases where way != .relay {
            do {
                let proof = try await prove(encryption, way, server, login, bastions, service)
                try table.record(row: way.rawValue, column: encryption.rawValue, .passed(proof))
            } catch {
                try table.record(row: way.rawValue, column: encryption.rawValue, .failed("\(error)"))
                Issue.record("\(encryption.rawValue), \(way.rawValue): \(error)")
            }
        }
        try await eventually("no copy is left") { try service.fetchedFiles().isEmpty }
        #expect(await service.stop() == 0)
        #expect(!service.logText.contains(login.password))
        await bastions.stop()
        await server.stop()
    }

    private func prove(
        _ encryption: Encryption, _ way: Way, _ server: HTTPServer, _ login: Login, _ bastions: Bastions,
        _ service: WellheadService
    ) async throws -> String {
        let before = try await server.requests.count
        let body = server.body(driver: "csv", path: "exports/2026 cities.csv")
            .with(try encryption.fields(login)).with(bastions.fields(for: way))
        let record = try await service.create(body)
        let rows = try await service.rows(record, "select city, id from \"2026 cities\" order by id")
        guard rows == [["Zürich", 1], ["Bern", 2]] else { throw TestbedError("it has the rows \(rows)") }
        let asked = try await server.requests.dropFirst(before)
        guard let request = asked.last(where: { $0.method == "GET" }), request.status == 200 else {
            throw TestbedError("the server was asked \(asked)")
        }
        guard asked.filter({ $0.method == "GET" }).count == 1 else { throw TestbedError("it was fetched \(asked)") }
        guard (request.tls != nil) == (encryption != .plain) else { throw TestbedError("the server saw \(request)") }
        if encryption == .mutual, request.clientVerdict != "SUCCESS" { throw TestbedError("the server saw \(request)") }
        if let bastion = bastions.server(for: way) {
            guard bastion.logText.contains("127.0.0.1") else { throw TestbedError("the bastion saw nothing") }
            guard Sockets.connections(to: server.port, heldBy: service.pid) == 0 else {
                throw TestbedError("the service holds a connection to the web server itself")
            }
        }
        try await service.delete(record)
        return request.tls ?? "plain"
    }

    @Test("A file at the SSH host is read by SFTP, by every login, and let go without a trace")
    func sftp() async throws {
        let bastions = try await Bastions.start()
        let service = try await WellheadService.start()
        let folder = try SFTPFolder()
        try folder.write("id,city\n1,Zürich\n2,Bern\n", to: "cities.csv")
        let table = ReportTable("Matrix CSV by SFTP")
        for way in Way.allCases where way != .direct {
            do {
                var fields = bastions.fields(for: way)
                fields["sshTunneling"] = false
                let record = try await service.create(folder.body("cities.csv").with(fields))
                let rows = try await service.rows(record, "select city, id from cities order by id")
                guard rows == [["Zürich", 1], ["Bern", 2]] else { throw TestbedError("it has the rows \(rows)") }
                guard record["sshHostKey"].text?.isEmpty == false else {
                    throw TestbedError("the host's key is not pinned")
                }
                try await service.delete(record)
                try table.record(row: way.rawValue, column: "SFTP", .passed("read"))
            } catch {
                try table.record(row: way.rawValue, column: "SFTP", .failed("\(error)"))
                Issue.record("\(way.rawValue): \(error)")
            }
        }
        try await eventually("no copy is left") { try service.fetchedFiles().isEmpty }
        #expect(await service.stop() == 0)
        await bastions.stop()
    }
}

/// A folder that the bastion's user may read, with files for SFTP.
struct SFTPFolder {
    let folder: URL

    init() throws {
        folder = Workspace.makeFolder(for: "sftp")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
    }

    func write(_ text: String, to name: String, mode: Int = 0o644) throws {
        try Workspace.write(text, to: folder.appending(path: name), mode: mode)
    }

    /// The least that a data source for one of its files needs, but for the SSH host.
    func body(_ name: String, driver: String = "csv") -> JSON {
        ["driver": .text(driver), "database": .text(folder.appending(path: name).path)]
    }
}

extension WellheadService {
    /// The copies of remote files that the service has on its disk.
    func fetchedFiles() throws -> [String] {
        let folder = data.appending(path: "cache/fetched").path
        return FileManager.default.fileExists(atPath: folder)
            ? try FileManager.default.contentsOfDirectory(atPath: folder) : []
    }
}
