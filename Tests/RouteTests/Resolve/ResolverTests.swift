import Foundation
import Synchronization
import Testing

@testable import Route

@Suite("Resolving")
struct ResolverTests {
    private static let loopback = IPAddress("127.0.0.1")

    @Test("Fixed names are found whatever their case, and others are asked elsewhere")
    func fixedNames() async throws {
        let address = try #require(Self.loopback)
        let other = try #require(IPAddress("10.0.0.7"))
        let resolver = StaticResolver(["DB.test": [address]], others: StaticResolver(["x.test": [other]]))
        #expect(try await resolver.addresses(of: "db.TEST") == [address])
        #expect(try await resolver.addresses(of: "x.test") == [other])
        await #expect(throws: ResolveFailure.notFound) { try await resolver.addresses(of: "y.test") }
    }

    @Test("Fixed names are read from a setting")
    func parsing() throws {
        let hosts = try StaticResolver.parse("db.test=127.0.0.1, DB.test=::1 ,x.test=10.0.0.7")
        #expect(hosts["db.test"]?.map(\.description) == ["127.0.0.1", "::1"])
        #expect(hosts["x.test"]?.map(\.description) == ["10.0.0.7"])
        #expect(throws: StaticResolver.InvalidEntry(text: "db.test")) { try StaticResolver.parse("db.test") }
        #expect(throws: StaticResolver.InvalidEntry(text: "a=b")) { try StaticResolver.parse("a=b") }
    }

    @Test("The system knows localhost")
    func system() async throws {
        let addresses = try await SystemResolver().addresses(of: "localhost")
        #expect(addresses.contains { $0.description == "127.0.0.1" || $0.description == "::1" })
    }

    /// A name service that hangs on `slow.test` until it is let go, and counts what it is asked.
    private final class NameService: Sendable {
        let asked = Mutex<[String]>([])
        let arrived = DispatchSemaphore(value: 0)
        let gate = DispatchSemaphore(value: 0)

        func answer(_ name: String) -> Result<[IPAddress], ResolveFailure> {
            asked.withLock { $0.append(name) }
            if name == "slow.test" {
                arrived.signal()
                gate.wait()
            }
            return IPAddress("127.0.0.1").map { .success([$0]) } ?? .failure(.notFound)
        }
    }

    @Test("A hung name holds up neither another name nor the caller who gives up, and is asked only once")
    func hungName() async throws {
        let service = NameService()
        let resolver = SystemResolver(lookUp: service.answer)
        let first = Task { try await resolver.addresses(of: "slow.test") }
        await withCheckedContinuation { ready in
            Thread.detachNewThread {
                service.arrived.wait()
                ready.resume()
            }
        }
        let second = Task { try await resolver.addresses(of: "slow.test") }
        #expect(try await resolver.addresses(of: "fast.test").count == 1)
        first.cancel()
        await #expect(throws: ResolveFailure.cancelled) { try await first.value }
        second.cancel()
        await #expect(throws: ResolveFailure.cancelled) { try await second.value }
        #expect(service.asked.withLock { $0.filter { $0 == "slow.test" }.count } == 1)
        service.gate.signal()
    }

    @Test("More hung names than the bound are refused at once")
    func bound() async throws {
        let service = NameService()
        let resolver = SystemResolver(bound: 1, lookUp: service.answer)
        let first = Task { try await resolver.addresses(of: "slow.test") }
        await withCheckedContinuation { ready in
            Thread.detachNewThread {
                service.arrived.wait()
                ready.resume()
            }
        }
        await #expect(throws: ResolveFailure.busy) { try await resolver.addresses(of: "fast.test") }
        service.gate.signal()
        #expect(try await first.value.count == 1)
    }
}
