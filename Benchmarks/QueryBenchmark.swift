import Foundation
import Testbed

/// A million rows of mixed columns by HTTP, as CSV and NDJSON, against the database's own client and Python's. Each client
/// is a process that throws the rows away; processor time is the client's own, with the service's where there is one.
enum QueryBenchmark {
    private static let rows = 1_000_000
    private static let rounds = 3

    /// One way to read the rows.
    struct Way {
        var name: String
        var command: [String]
        /// Whether the service's own work counts too.
        var isOurs = false
    }

    static func run() async throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/time") else {
            throw TestbedError("/usr/bin/time is missing: scripts/setup bench installs it.")
        }
        for kind in [Database.Kind.postgres, .mariaDB] {
            let database = try await kind.start()
            try await fill(database)
            let service = try await WellheadService.start(["--log-level", "error", "--query-rows", "\(rows)"])
            let source = try await service.create(database.body.with(["options": ["poolMax": 1]]))
            let ours = try Ours(service, source, "select * from measured", limit: rows)
            try await measure(
                "A million rows of eight columns, \(kind.rawValue)", rows, ways(database, ours), service)
            await service.stop()
            await database.stop()
        }
        if MongoServer.availability == nil { try await measureMongo() }
    }

    private static func measureMongo() async throws {
        let server = try await MongoServer.start()
        try await MongoPeer.fill(server)
        let service = try await WellheadService.start(["--log-level", "error"])
        let source = try await service.create(server.body().with(["options": ["poolMax": 1]]))
        let ours = try Ours(service, source, #"{"find": "measured"}"#, limit: MongoPeer.documents)
        try await measure(
            "\(MongoPeer.documents) documents of eight fields, SecantusDB (not mongod)", MongoPeer.documents,
            MongoPeer.ways(server, ours), service)
        await service.stop()
        await server.stop()
    }

    /// A statement by HTTP, to a client that throws the answer away.
    struct Ours {
        private let address: String
        private let header: URL
        private let body: URL

        init(_ service: WellheadService, _ source: JSON, _ statement: String, limit: Int) throws {
            let folder = Workspace.makeFolder(for: "clients")
            address = "\(service.address)/datasources/\(source["id"].text ?? "")/query"
            header = try Workspace.write(
                "Authorization: Bearer \(service.token)\n", to: folder.appending(path: "header"))
            let question: JSON = ["statement": .text(statement), "limit": .number(Double(limit)), "timeout": 300]
            body = try Workspace.write(question.document, to: folder.appending(path: "body"))
        }

        func way(_ format: String, _ type: String) -> Way {
            Way(
                name: "Wellhead, \(format)",
                command: [
                    "curl", "--silent", "--show-error", "--fail", "--output", "/dev/null", "--header",
                    "@\(header.path)", "--header", "Content-Type: application/json", "--header", "Accept: \(type)",
                    "--data", "@\(body.path)", address,
                ], isOurs: true)
        }
    }

    private static func fill(_ database: Database) async throws {
        switch database {
        case .postgres(let server):
            try await server.admin(
                """
                create table measured as select i as id, i * 1000000007::bigint as big, i / 7.0::float8 as ratio, \
                ((i % 100000)::numeric / 100)::numeric(10,2) as total, 'customer number ' || i as name, \
                i % 2 = 0 as flag, timestamp '2024-01-01' + i * interval '1 second' as placed, \
                case when i % 10 = 0 then null else 'some, "quoted" words' end as note from generate_series(1, \(rows)) i; \
                grant select on measured to public; vacuum analyze measured
                """)
        case .mariaDB(let server):
            try await server.admin(
                """
                create table measured as select cast(seq as int) as id, seq * 1000000007 as big, seq / 7e0 as ratio, \
                cast((seq % 100000) / 100 as decimal(10,2)) as total, concat('customer number ', seq) as name, \
                seq % 2 = 0 as flag, timestamp '2024-01-01 00:00:00' + interval seq second as placed, \
                case when seq % 10 = 0 then null else 'some, "quoted" words' end as note from seq_1_to_\(rows); \
                analyze table measured
                """)
        case .mySQL: break
        }
    }

    private static func ways(_ database: Database, _ ours: Ours) -> [Way] {
        let python = ProcessInfo.processInfo.environment["WELLHEAD_BENCH_PYTHON"] ?? "python3"
        let login = database.login
        func client(_ name: String) -> [String] {
            [
                python, FileManager.default.currentDirectoryPath + "/Benchmarks/clients/read_rows.py", name,
                "127.0.0.1", "\(database.port)", login.username,
                login.password, "wellhead",
            ]
        }
        let common = [ours.way("CSV", "text/csv"), ours.way("NDJSON", "application/x-ndjson")]
        let address =
            "host=127.0.0.1 port=\(database.port) user=\(login.username) password='\(login.password)' dbname=wellhead"
        switch database {
        case .postgres:
            return [
                Way(
                    name: "psql, COPY … TO STDOUT CSV",
                    command: [
                        "psql", "--no-psqlrc", "--quiet", address, "--output=/dev/null", "--command",
                        "copy (select * from measured) to stdout (format csv, header)",
                    ])
            ] + common + [
                Way(name: "psycopg 3, rows to JSON lines", command: client("psycopg")),
                Way(name: "connectorx, to Arrow", command: client("connectorx-postgres")),
            ]
        case .mariaDB, .mySQL:
            return [
                Way(
                    name: "mariadb --batch --quick",
                    command: [
                        "mariadb", "--no-defaults", "--batch", "--quick", "--host=127.0.0.1", "--port=\(database.port)",
                        "--user=\(login.username)", "--password=\(login.password)", "wellhead",
                        "--execute=select * from measured",
                    ])
            ] + common + [
                Way(name: "PyMySQL, rows to JSON lines", command: client("pymysql")),
                Way(name: "connectorx, to Arrow", command: client("connectorx-mysql")),
            ]
        }
    }

    private static func measure(
        _ title: String, _ rows: Int, _ ways: [Way], _ service: WellheadService
    ) async throws {
        var seconds = ways.map { _ in [Double]() }
        var processor = seconds
        var memory = ways.map { _ in 0 }
        for round in -1..<rounds {
            for (index, way) in ways.enumerated() {
                let before = ProcessTable.processorSeconds(of: service.pid)
                let taken = try await TimedCommand.run(way.command)
                guard round >= 0 else { continue }
                seconds[index].append(taken.seconds)
                let own = way.isOurs ? ProcessTable.processorSeconds(of: service.pid) - before : 0
                processor[index].append(taken.processor + own)
                memory[index] = max(
                    memory[index], way.isOurs ? ProcessTable.residentBytes(of: service.pid) : taken.memory)
            }
        }
        let rival = Sample(seconds[0]).median
        printTable(
            title,
            ["way", "rows a second", "rate against the first", "processor, s", "memory, MiB"],
            ways.indices.map { index in
                let median = Sample(seconds[index]).median
                return [
                    ways[index].name, String(Int(Double(rows) / median)), Sample.short(rival / median),
                    Sample.short(Sample(processor[index]).median), "\(memory[index] >> 20)",
                ]
            })
    }
}
