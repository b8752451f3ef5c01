import Foundation
import NIOCore
import Results
import Route
import SourceModel
import Testbed
import Testing

@testable import Drivers
@testable import MongoWire

/// A replica set of stand-ins: no real one can be had here.
@Suite("A replica set of stand-ins")
struct MongoTopologyTests {
    /// Three members and their ports.
    private struct ReplicaSet {
        var members: [MongoStandIn]
        var names: [String] { members.map { "127.0.0.1:\($0.port)" } }

        static func start(_ roles: [MongoStandIn.Role]) async throws -> ReplicaSet {
            var members: [MongoStandIn] = []
            for _ in roles { members.append(try await MongoStandIn.start { _, _ in nil }) }
            let set = ReplicaSet(members: members)
            set.become(roles)
            return set
        }

        func become(_ roles: [MongoStandIn.Role]) {
            let primary = roles.firstIndex { $0 == .primary }.map { names[$0] }
            for (index, role) in roles.enumerated() {
                members[index].change(MongoStandIn.member(role, names[index], members: names, primary: primary))
            }
        }

        func stop() async { for member in members { await member.stop() } }
    }

    private func source(
        _ port: Int, _ preference: MongoOptions.ReadPreference = .primary, set: String? = "rs"
    ) -> DataSource {
        var options = MongoOptions()
        options.replicaSet = set
        options.readPreference = preference
        return MongoBench.source(port, nil, database: "shop", options)
    }

    private func reads(_ source: DataSource, grace: Duration = .seconds(1)) async throws -> String {
        let session = try await MongoBench.open(source, grace: grace)
        let name = try await session.result(Statement(#"{"find": "c"}"#)).text
        await session.close()
        return name
    }

    @Test(
        "Whichever member is asked first, the one of the read preference is read from",
        arguments: [
            (MongoOptions.ReadPreference.primary, [1]), (.primaryPreferred, [1]), (.secondary, [0, 2]),
            (.secondaryPreferred, [0, 2]), (.nearest, [0, 1, 2]),
        ], [0, 1, 2])
    func preference(wanted: (MongoOptions.ReadPreference, [Int]), first: Int) async throws {
        let set = try await ReplicaSet.start([.secondary, .primary, .secondary])
        // The best is there: it is waited for, however busy the machine is.
        let answer = try await reads(source(set.members[first].port, wanted.0), grace: .seconds(600))
        #expect(wanted.1.map { "{\"name\":\"\(set.names[$0])\"}\n" }.contains(answer))
        for index in 0..<3 where !wanted.1.contains(index) { #expect(set.members[index].commands("find").isEmpty) }
        await set.stop()
    }

    @Test(
        "Every member of a set behind an SSH host is reached through that host",
        .enabled(if: SSHServer.availability == nil))
    func behindSSHHost() async throws {
        let set = try await ReplicaSet.start([.secondary, .primary, .secondary])
        let bastion = try await SSHServer.start(.init(permitOpen: set.names))
        let login = SSHServer.login
        var source = source(set.members[0].port)
        source.scheme = .ssh(
            Bastion(
                host: "127.0.0.1", port: bastion.port, username: login.username,
                credentials: .password(Secret(login.password)), hostKey: nil),
            .forwarded, .plain)
        let session = try await MongoBench.open(source, grace: .seconds(600))
        let answer = try await session.result(Statement(#"{"find": "c"}"#)).text
        #expect(answer == "{\"name\":\"\(set.names[1])\"}\n")
        // What is open to the primary now is held by the host's server, not by this process.
        #expect(bastion.forwards(to: set.members[1].port) == 1)
        #expect(Sockets.connections(to: set.members[1].port, heldBy: getpid()) == 0)
        await session.close()

        // The host forwards to the seed alone: the member to read from is told as what cannot be had.
        let narrow = try await SSHServer.start(.init(permitOpen: [set.names[0]]))
        source.scheme = .ssh(
            Bastion(
                host: "127.0.0.1", port: narrow.port, username: login.username,
                credentials: .password(Secret(login.password)), hostKey: nil),
            .forwarded, .plain)
        #expect(await MongoBench.failure(source)?.code == .noSuitableMember)
        await narrow.stop()
        await bastion.stop()
        await set.stop()
    }

    @Test(
        "Where the best is not there the second best is taken, if the preference has one",
        arguments: [
            (MongoOptions.ReadPreference.primaryPreferred, [MongoStandIn.Role.secondary, .arbiter, .recovering], 0),
            (.secondaryPreferred, [.arbiter, .primary, .recovering], 1),
        ])
    func secondBest(preference: MongoOptions.ReadPreference, roles: [MongoStandIn.Role], index: Int) async throws {
        let set = try await ReplicaSet.start(roles)
        #expect(try await reads(source(set.members[0].port, preference)) == "{\"name\":\"\(set.names[index])\"}\n")
        await set.stop()
    }

    @Test(
        "A set without a member to read from, another set's name and a server of none are told",
        arguments: [
            (MongoOptions.ReadPreference.primary, "rs", FailureCode.noSuitableMember),
            (.secondary, "other", .replicaSetMismatch),
        ])
    func failures(preference: MongoOptions.ReadPreference, set name: String, code: FailureCode) async throws {
        let set = try await ReplicaSet.start([.secondary, .secondary])
        let failure = await MongoBench.failure(source(set.members[0].port, preference, set: name))
        #expect(failure?.stage == .login)
        #expect(failure?.code == code)
        await set.stop()
    }

    @Test("A member that is gone does not stand in the way, and one that hangs only for a moment")
    func deadMembers() async throws {
        let set = try await ReplicaSet.start([.primary, .secondary])
        let dead = try FreePort.next()
        let hung = try await FaultyServer.start(.silent)
        let names = set.names + ["127.0.0.1:\(dead)", "127.0.0.1:\(hung.port)"]
        for (index, role) in [MongoStandIn.Role.primary, .secondary].enumerated() {
            set.members[index].change(
                MongoStandIn.member(role, set.names[index], members: names, primary: set.names[0]))
        }
        let patient = Duration.seconds(600)
        #expect(
            try await reads(source(set.members[1].port), grace: patient) == "{\"name\":\"\(set.names[0])\"}\n")
        var options = MongoOptions()
        (options.replicaSet, options.seeds) = ("rs", [Endpoint(host: "127.0.0.1", port: set.members[1].port)])
        #expect(
            try await reads(MongoBench.source(dead, nil, database: "shop", options), grace: patient)
                == "{\"name\":\"\(set.names[0])\"}\n")
        await hung.stop()
        await set.stop()
    }

    @Test(
        "Where the members that are left will not do, one that hangs is not waited for until the deadline",
        .timeLimit(.minutes(2)))
    func hungPrimary() async throws {
        let set = try await ReplicaSet.start([.secondary])
        let hung = try await FaultyServer.start(.silent)
        set.members[0].change(
            MongoStandIn.member(.secondary, set.names[0], members: set.names + ["127.0.0.1:\(hung.port)"]))
        let failure = await MongoBench.failure(source(set.members[0].port), grace: .milliseconds(10))
        #expect(failure?.code == .noSuitableMember)
        await hung.stop()
        await set.stop()
    }

    @Test("Without a replica set one seed that hangs does not stand in the way", .timeLimit(.minutes(2)))
    func hungSeed() async throws {
        let set = try await ReplicaSet.start([.primary])
        let hung = try await FaultyServer.start(.silent)
        var options = MongoOptions()
        options.seeds = [Endpoint(host: "127.0.0.1", port: set.members[0].port)]
        let source = MongoBench.source(hung.port, nil, database: "shop", options)
        #expect(try await reads(source) == "{\"name\":\"\(set.names[0])\"}\n")
        await set.stop()
        await hung.stop()
        #expect(await MongoBench.failure(source)?.code == .connectionRefused)
    }

    @Test("A member that hangs after the look-up of a service name is waited for in the stage dial")
    func silentMember() async throws {
        let hung = try await FaultyServer.start(.silent)
        let loopback = try #require(IPAddress("127.0.0.1"))
        let record = ServiceRecord(priority: 0, weight: 1, port: UInt16(hung.port), target: "m.example.test")
        let directory = StaticServiceDirectory(
            ["_mongodb._tcp.cluster.example.test": [record]], texts: ["cluster.example.test": ["replicaSet=rs"]])
        let route = MongoBench.route(directory, hosts: ["m.example.test": [loopback]])
        var source = source(1)
        source.options.mongo = MongoOptions()
        source.options.mongo.isServiceName = true
        source.endpoint = Endpoint(host: "cluster.example.test", port: 27017)
        let journal = StageJournal()
        let opening = Task { [source] in try await MongoBench.open(source, route: route, journal: journal) }
        try await eventually("the member is asked") { journal.current == .dial }
        opening.cancel()
        await #expect(throws: (any Error).self) { try await opening.value }
        #expect(journal.report().stages.first?.detail == "cluster.example.test has 1 member")
        await hung.stop()
    }

    @Test("A member that knows isMaster only is asked by it later, too")
    func olderMember() async throws {
        let set = try await ReplicaSet.start([.primary])
        let member = MongoStandIn.member(.primary, set.names[0], members: set.names)
        set.members[0].change { name, command in
            guard name == "hello" else { return member(name, command) }
            return ["ok": 0, "code": 59, "codeName": "CommandNotFound", "errmsg": "no such command: 'hello'"]
        }
        let session = try await MongoBench.open(source(set.members[0].port))
        let asked = set.members[0].commands("hello").count
        try await session.ping()
        #expect(set.members[0].commands("hello").count == asked)
        await session.close()
        await set.stop()
    }

    @Test("After the primary has changed, a ping tells that this member is not it any more")
    func stepDown() async throws {
        let set = try await ReplicaSet.start([.primary, .secondary])
        let session = try await MongoBench.open(source(set.members[0].port))
        set.become([.secondary, .primary])
        await #expect { try await session.ping() } throws: { ($0 as? SourceFailure)?.code == .noSuitableMember }
        await session.close()
        #expect(try await reads(source(set.members[0].port)) == "{\"name\":\"\(set.names[1])\"}\n")
        await set.stop()
    }

    @Test("A member that is named itself is read from, whatever it is")
    func direct() async throws {
        let set = try await ReplicaSet.start([.secondary, .primary])
        #expect(try await reads(source(set.members[0].port, set: nil)) == "{\"name\":\"\(set.names[0])\"}\n")
        await set.stop()
    }

    @Test("A service name leads to the members, which are looked for as the TXT record says")
    func service() async throws {
        let set = try await ReplicaSet.start([.secondary, .primary])
        let loopback = try #require(IPAddress("127.0.0.1"))
        let records = set.members.enumerated().map {
            ServiceRecord(priority: 0, weight: 1, port: UInt16($0.element.port), target: "m\($0.offset).example.test")
        }
        let directory = StaticServiceDirectory(
            ["_mongodb._tcp.cluster.example.test": records], texts: ["cluster.example.test": ["replicaSet=rs"]])
        let route = MongoBench.route(
            directory, hosts: ["m0.example.test": [loopback], "m1.example.test": [loopback]])
        var options = MongoOptions()
        options.isServiceName = true
        var source = MongoBench.source(1, nil, database: "shop", options)
        source.endpoint = Endpoint(host: "cluster.example.test", port: 27017)
        let session = try await MongoBench.open(source, route: route)
        #expect(session.connection.server.kind == .primary)
        await session.close()
        source.endpoint = Endpoint(host: "nobody.example.test", port: 27017)
        #expect(await MongoBench.failure(source, route: route)?.code == .hostNotFound)
        await set.stop()
    }

    @Test("pymongo finds the same members by the stand-ins", .enabled(if: MongoServer.availability == nil))
    func pymongo() async throws {
        let set = try await ReplicaSet.start([.secondary, .primary, .secondary])
        let program = """
            import sys, time
            from pymongo import MongoClient
            client = MongoClient(sys.argv[1], replicaSet="rs", serverSelectionTimeoutMS=30000)
            print(client.shop.c.find_one()["name"])
            # The primary may answer before the others do.
            while len(client.nodes) < 3: time.sleep(0.05)
            print(",".join(sorted("%s:%d" % node for node in client.nodes)))
            """
        let said = try await MongoServer.python(program, [set.names[0]])
        #expect(said == "\(set.names[1])\n\(set.names.sorted().joined(separator: ","))\n")
        await set.stop()
    }

    @Test(
        "What a server says in the middle is told by its code",
        arguments: [
            (91, "ShutdownInProgress", Stage.login, FailureCode.serverClosed),
            (13435, "NotPrimary", .login, .serverStarting),
            (8000, "AtlasError", .login, .loginFailed), (18, "AuthenticationFailed", .login, .loginFailed),
        ])
    func refusedLogins(code: Int, name: String, stage: Stage, expected: FailureCode) async throws {
        let server = try await MongoStandIn.start { command, _ in
            command == "hello"
                ? ["isWritablePrimary": true, "maxWireVersion": 21, "ok": 1]
                : ["ok": 0, "code": .int32(Int32(code)), "codeName": .string(name), "errmsg": "no"]
        }
        let failure = await MongoBench.failure(MongoBench.source(server.port, MongoTestLogin("ann", "secret")))
        #expect(failure?.stage == stage)
        #expect(failure?.code == expected)
        await server.stop()
    }
}
