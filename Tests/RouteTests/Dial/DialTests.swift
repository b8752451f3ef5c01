import Foundation
import NIOCore
import NIOPosix
import SourceModel
import Testbed
import Testing

@testable import Route

@Suite("Dialling")
struct DialTests {
    @Test("reaches a server by name and by literal", arguments: ["db.test", "127.0.0.1"])
    func reaching(host: String) async throws {
        let server = try await LoopbackServer.start { try $0.pipeline.syncOperations.addHandler(Greeter("hello\n")) }
        let journal = StageJournal()
        let routed = try await Route.loopback().open(.direct(host, server.port), journal: journal)
        #expect(routed.upgrade == nil)
        #expect(try await LineReader.read(from: routed.channel) == "hello\n")
        let report = journal.report()
        #expect(report.stages.map(\.stage) == [.resolve, .dial])
        #expect(report.stages.first?.detail == (host == "db.test" ? "db.test is 127.0.0.1" : "127.0.0.1"))
        #expect(report.stages.last?.detail == "127.0.0.1:\(server.port)")
        try await routed.channel.close()
        await server.stop()
    }

    @Test("keeps the words of a server that greets and hangs up before anybody reads")
    func hangUp() async throws {
        let server = try await LoopbackServer.start {
            try $0.pipeline.syncOperations.addHandler(Greeter("too many connections\n", hangsUp: true))
        }
        let routed = try await Route.loopback().open(.direct("db.test", server.port), journal: StageJournal())
        // The end of the stream has arrived when the holder says so; only then does the reader come.
        try await eventually {
            try await routed.channel.eventLoop.submit {
                try routed.channel.pipeline.syncOperations.handler(type: ArrivalHolder.self).hasEnded
            }.get()
        }
        #expect(try await LineReader.read(from: routed.channel) == "too many connections\n")
        try await routed.channel.closeFuture.get()
        await server.stop()
    }

    @Test("says that the port refuses, with the address")
    func refused() async throws {
        let server = try await LoopbackServer.start { _ in }
        await server.stop()
        let failure = await #expect(throws: SourceFailure.self) {
            _ = try await Route.loopback(["db.test": ["127.0.0.1", "::1"]])
                .open(.direct("db.test", server.port), journal: StageJournal())
        }
        #expect(failure?.code == .connectionRefused)
        #expect(failure?.stage == .dial)
        #expect(failure?.message.contains("127.0.0.1:\(server.port) refused the connection") == true)
        #expect(failure?.message.contains("[::1]:\(server.port)") == true)
    }

    @Test("says that there is no such host, and does not dial a forbidden one")
    func unresolved() async throws {
        let route = Route.loopback(["evil.test": ["169.254.169.254"]])
        for (host, code) in [
            ("nobody.test", FailureCode.hostNotFound), ("evil.test", .destinationForbidden),
            ("fe80::1%eth0", .hostNotFound), ("169.254.169.254", .destinationForbidden),
        ] {
            let failure = await #expect(throws: SourceFailure.self) {
                _ = try await route.open(.direct(host, 5432), journal: StageJournal())
            }
            #expect(failure?.code == code)
            #expect(failure?.stage == .resolve)
        }
    }

    @Test("goes on beside a family that is dead, and closes what it leaves behind")
    func deadFamily() async throws {
        let silent = try SilentPort()
        let server = try await LoopbackServer.start(port: silent.port) {
            try $0.pipeline.syncOperations.addHandler(Greeter("hello\n"))
        }
        let journal = StageJournal()
        let routed = try await Route.loopback(["db.test": ["::1", "127.0.0.1"]])
            .open(.direct("db.test", silent.port), journal: journal)
        #expect(routed.channel.remoteAddress?.ipAddress == "127.0.0.1")
        #expect(try await LineReader.read(from: routed.channel) == "hello\n")
        try await eventually { sockets(to: silent.port, v6: true) == silent.ownConnections }
        try await routed.channel.close()
        await server.stop()
    }

    @Test("leaves no socket behind when it is cancelled while it waits for an answer")
    func cancelled() async throws {
        let silent = try SilentPort()
        let journal = StageJournal()
        let task = Task {
            _ = try await Route.loopback().open(.direct("::1", silent.port), journal: journal)
        }
        try await eventually { sockets(to: silent.port, v6: true) == silent.ownConnections + 1 }
        task.cancel()
        await #expect(throws: SourceFailure.self) { try await task.value }
        try await eventually { sockets(to: silent.port, v6: true) == silent.ownConnections }
    }

    @Test(
        "reads an error number as the contract's code",
        arguments: [
            (ECONNREFUSED, FailureCode.connectionRefused), (ENETUNREACH, .hostUnreachable),
            (EHOSTUNREACH, .hostUnreachable), (ECONNRESET, .connectionReset), (ETIMEDOUT, .dialTimeout),
            (EMFILE, .hostUnreachable),
        ])
    func codes(number: Int32, code: FailureCode) {
        #expect(DialFault(errno: number).code == code)
    }

    @Test("names at most four addresses, and the code that tells most")
    func wording() {
        let attempts = (1...6).map {
            DialFailures.Attempt(
                address: Endpoint(host: "10.0.0.\($0)", port: 5432), fault: $0 == 6 ? .refused : .unreachable)
        }
        let failure = DialFailures.failure(of: Endpoint(host: "db.test", port: 5432), attempts: attempts, field: .host)
        #expect(failure.code == .connectionRefused)
        #expect(failure.message.hasSuffix("10.0.0.4:5432 cannot be reached from here, and 2 more failed."))
    }
}

/// A port of `::1` on which connections are neither accepted nor refused: its queue is full.
private final class SilentPort: Sendable {
    let port: Int
    /// Connections of the test itself that fill the queue.
    let ownConnections: Int
    private let descriptors: [Int32]

    init() throws {
        let listener = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        var address = IPAddressBytes.loopback(port: 0)
        _ = address.withUnsafeMutableBytes {
            bind(listener, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), 28)
        }
        listen(listener, 0)
        var length = socklen_t(28)
        _ = address.withUnsafeMutableBytes {
            getsockname(listener, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        let port = Int(address[2]) << 8 | Int(address[3])
        var opened = [listener]
        // A queue of length 0 takes one connection; the second is left without an answer.
        for _ in 0..<2 {
            let client = socket(AF_INET6, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            var target = IPAddressBytes.loopback(port: port)
            _ = target.withUnsafeMutableBytes {
                connect(client, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), 28)
            }
            opened.append(client)
        }
        self.port = port
        descriptors = opened
        ownConnections = 2
    }

    deinit { for descriptor in descriptors { close(descriptor) } }
}

/// `sockaddr_in6` as bytes.
private enum IPAddressBytes {
    static func loopback(port: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 28)
        withUnsafeBytes(of: sa_family_t(AF_INET6)) { bytes.replaceSubrange(0..<2, with: $0) }
        bytes[2] = UInt8(port >> 8)
        bytes[3] = UInt8(port & 0xFF)
        bytes[23] = 1
        return bytes
    }
}

/// Client sockets of this machine that are connected or connecting to a port.
private func sockets(to port: Int, v6: Bool) -> Int {
    // Established or SYN sent, seen from the client.
    Sockets.all().count { $0.isIPv6 == v6 && $0.remotePort == port && [.established, .synSent].contains($0.state) }
}

/// Waits for a condition that another thread brings about; the test run's own limit bounds it.
func eventually(_ condition: () async throws -> Bool) async throws {
    while try await !condition() {
        try Task.checkCancellation()
        try await Task.sleep(for: .milliseconds(2))
    }
}
