import Testbed
import Testing

/// Something that goes wrong, and what a caller must be told.
struct Fault: Sendable, CustomTestStringConvertible {
    let name: String
    let stage: String
    let code: String
    /// Seconds that the test may take; nil for the default of ten.
    var timeout: Int?
    /// The HTTP status.
    var status = 422
    /// The table that it is a row of: one whose server is a stand-in says so.
    var table = "Faults"
    let scene: @Sendable (FaultGround) async throws -> Scene

    var testDescription: String { name }

    init(
        _ name: String, _ stage: String, _ code: String, timeout: Int? = nil, status: Int = 422,
        _ scene: @escaping @Sendable (FaultGround) async throws -> Scene
    ) {
        self.name = name
        self.stage = stage
        self.code = code
        self.timeout = timeout
        self.status = status
        self.scene = scene
    }

    /// A fault for which a body is enough.
    init(
        _ name: String, _ stage: String, _ code: String, timeout: Int? = nil, status: Int = 422,
        body: @escaping @Sendable (FaultGround) throws -> JSON
    ) {
        self.init(name, stage, code, timeout: timeout, status: status) { ground in Scene(body: try body(ground)) }
    }

    /// A fault of a peer that is not what it should be.
    init(
        _ name: String, _ stage: String, _ code: String, timeout: Int? = nil, peer: FaultyServer.Behaviour,
        body: @escaping @Sendable (Int) throws -> JSON
    ) {
        self.init(name, stage, code, timeout: timeout) { _ in
            let peer = try await FaultyServer.start(peer)
            return Scene(
                body: try body(peer.port), guests: { peer.connections }, end: { await peer.stop() })
        }
    }
}

/// Why a fault cannot be produced on this machine.
struct Unavailable: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// A fault set up: what to send, and who else can count what it leaves behind.
struct Scene: Sendable {
    let body: JSON
    /// The connections that the other side still has from us.
    var guests: @Sendable () async throws -> Int = { 0 }
    /// Takes the fault away.
    var end: @Sendable () async throws -> Void = {}
}

/// The service and the servers that all faults share.
final class FaultGround: Sendable {
    let service: WellheadService
    let databases: [Database.Kind: Database]
    let bastion: SSHServer
    let keys: SSHKeys

    private static let shared = Task { try await FaultGround() }

    static func get() async throws -> FaultGround { try await shared.value }

    private init() async throws {
        service = try await WellheadService.start()
        var databases: [Database.Kind: Database] = [:]
        for kind in Database.Kind.here { databases[kind] = try await kind.start() }
        self.databases = databases
        bastion = try await SSHServer.start()
        keys = try await Testbed.shared.sshKeys()
        // Threads and descriptors that a service makes once, when it first needs them, are there from now on.
        for body in [try behindBastion(["ssl": true, "sslMode": "require"]), ["driver": "csv", "database": "x.csv"]] {
            _ = try await service.call("POST /datasources/test", body)
        }
    }

    func database(_ kind: Database.Kind) throws -> Database {
        guard let database = databases[kind] else { throw TestbedError("\(kind.rawValue) cannot be started here") }
        return database
    }

    /// PostgreSQL behind the bastion.
    func behindBastion(_ fields: [String: JSON] = [:]) throws -> JSON {
        try database(.postgres).body.with(bastion.fields).with(fields)
    }
}

/// What a service holds, besides the connections of those who call it.
struct Holdings: Equatable, CustomStringConvertible {
    let records: Int
    let connections: Int
    let descriptors: Int
    let threads: Int

    init(of service: WellheadService) async throws {
        records = try await service.count()
        let callers = Sockets.accepted(on: service.port, heldBy: service.pid)
        connections = FileDescriptors.sockets(of: service.pid) - callers
        descriptors = FileDescriptors.count(of: service.pid) - callers
        threads = ProcessTable.threads(of: service.pid)
    }

    var description: String {
        "\(records) records, \(connections) sockets, \(descriptors) descriptors, \(threads) threads"
    }
}
