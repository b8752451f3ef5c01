import Foundation
import Testbed

/// MongoDB's part of the benchmarks: Wellhead against pymongo, both at SecantusDB, for no MongoDB can be had here. That
/// server is a program of Python, so both wait for it most of the time.
enum MongoPeer {
    /// A tenth of what the SQL servers have, for the server gives about ten thousand a second.
    static let documents = 100_000

    private static let login = MongoServer.Logins.reader

    static func bareConnect(to server: MongoServer) -> BareConnect {
        BareConnect(name: "SecantusDB, not mongod (pymongo)", body: server.body()) { count in
            let said = try await Command.check(client("connect", server, login, "\(count)"))
            guard let seconds = Double(said.trimmingCharacters(in: .whitespacesAndNewlines)) else {
                throw TestbedError("mongo.py did not say how long it took: \(said)")
            }
            return seconds
        }
    }

    static func fill(_ server: MongoServer) async throws {
        try await Command.check(client("fill", server, MongoServer.Logins.writer, "\(documents)"))
    }

    static func ways(_ server: MongoServer, _ ours: QueryBenchmark.Ours) -> [QueryBenchmark.Way] {
        [
            .init(name: "pymongo, find loop", command: client("find", server, login)),
            .init(name: "pymongo, documents to JSON lines", command: client("lines", server, login)),
            ours.way("NDJSON", "application/x-ndjson"),
        ]
    }

    private static func client(_ task: String, _ server: MongoServer, _ login: Login, _ rest: String...) -> [String] {
        [
            MongoServer.pythonProgram, FileManager.default.currentDirectoryPath + "/Benchmarks/clients/mongo.py", task,
            "\(server.port)", login.username, login.password, MongoServer.database,
        ] + rest
    }
}
