import CResolv
import Foundation

/// Asks the name servers of the operating system's configuration (`resolv.conf`), one thread a name.
package final class SystemServiceDirectory: ServiceDirectory {
    private let services: BlockingLookUps<[ServiceRecord]>
    private let texts: BlockingLookUps<[String]>

    /// - Parameters:
    ///   - bound: names looked up at a time, at most.
    ///   - server: the name server to ask, an IPv4 address with a port; nil asks those that the system is set to.
    package init(bound: Int = 32, server: (address: String, port: UInt16)? = nil) {
        let address = server.map { inet_addr($0.address) } ?? 0
        let port = server?.port.bigEndian ?? 0
        services = BlockingLookUps(bound: bound) { name in
            Self.ask(name, .service, address, port).flatMap { answer in
                let found = answer.services
                return found.isEmpty ? .failure(.notFound) : .success(found)
            }
        }
        texts = BlockingLookUps(bound: bound) { name in
            switch Self.ask(name, .text, address, port) {
            case .success(let answer): .success(answer.texts)
            case .failure(.notFound): .success([])
            case .failure(let failure): .failure(failure)
            }
        }
    }

    package func services(of name: String) async throws(ResolveFailure) -> [ServiceRecord] {
        try await services.answer(for: name)
    }

    package func texts(of name: String) async throws(ResolveFailure) -> [String] {
        try await texts.answer(for: name)
    }

    /// The longest message of the domain name system over TCP.
    private static let room = 65_535
    /// How long one name server is waited for, in seconds, and how often it is asked.
    private static let patience: (seconds: Int32, attempts: Int32) = (2, 2)

    /// Blocks, up to the patience for each name server.
    private static func ask(
        _ name: String, _ type: DNSAnswer.RecordType, _ server: UInt32, _ port: UInt16
    ) -> Result<DNSAnswer, ResolveFailure> {
        var problem: Int32 = 0
        let answer = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            let length = wellhead_dns_query(
                name, Int32(type.rawValue), server, port, patience.seconds, patience.attempts, buffer.baseAddress,
                Int32(room), &problem)
            count = max(0, min(Int(length), room))
        }
        guard problem == 0 else {
            return .failure(problem == HOST_NOT_FOUND || problem == NO_DATA ? .notFound : .noAnswer)
        }
        return DNSAnswer(answer).map { .success($0) } ?? .failure(.noAnswer)
    }
}
