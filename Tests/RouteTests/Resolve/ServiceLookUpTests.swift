import NIOCore
import NIOPosix
import SourceModel
import Testbed
import Testing

@testable import Route

/// A stand-in for a name server: answers every question with one SRV or TXT record, or that the name does not exist.
private final class NameServer: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        var bytes = Array(envelope.data.readableBytesView)
        guard bytes.count > 17, let zero = bytes[12...].firstIndex(of: 0), zero + 4 < bytes.count else { return }
        let question = Array(bytes[12...(zero + 4)])
        let exists = !question.starts(with: [7] + Array("missing".utf8))
        let type = question[question.count - 3]
        let content: [UInt8] =
            type == 33
            ? [0, 0, 0, 5, 0x69, 0x8A, 2] + Array("m1".utf8) + [1] + Array("d".utf8) + [4] + Array("test".utf8) + [0]
            : [10] + Array("authSource".utf8)
        let answer: [UInt8] = [0xC0, 12, 0, type, 0, 1, 0, 0, 0, 1, 0, UInt8(content.count)] + content
        bytes = [bytes[0], bytes[1], 0x81, exists ? 0x80 : 0x83, 0, 1, 0, exists ? 1 : 0, 0, 0, 0, 0] + question
        if exists { bytes += answer }
        let reply = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: bytes))
        context.writeAndFlush(wrapOutboundOut(reply), promise: nil)
    }
}

@Suite("Services are looked up by the system's resolver")
struct ServiceLookUpTests {
    @Test("Records of a name server are found, and names that do not exist are told")
    func lookUp() async throws {
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(NameServer()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port.flatMap { UInt16(exactly: $0) })
        let directory = SystemServiceDirectory(server: ("127.0.0.1", port))
        #expect(
            try await directory.services(of: "_mongodb._tcp.c.d.test")
                == [ServiceRecord(priority: 0, weight: 5, port: 27018, target: "m1.d.test")])
        #expect(try await directory.texts(of: "c.d.test") == ["authSource"])
        await #expect(throws: ResolveFailure.notFound) { try await directory.services(of: "missing.d.test") }
        #expect(try await directory.texts(of: "missing.d.test") == [])
        try await channel.close()
    }

    @Test(
        "A record that leads out of the service's own domain is not followed",
        arguments: [
            ("c.d.test", "m.d.test", true), ("c.d.test", "m.e.test", false), ("c.d.test", "d.test", false),
            ("d.test", "m.d.test", true),
        ])
    func strangers(host: String, target: String, isFollowed: Bool) async throws {
        let record = ServiceRecord(priority: 0, weight: 0, port: 1, target: target)
        let route = Route.serving(StaticServiceDirectory(["_mongodb._tcp.\(host)": [record]]))
        do throws(SourceFailure) {
            let answer = try await route.servers(of: "_mongodb._tcp", at: host)
            #expect(isFollowed)
            #expect(answer.records == [record])
        } catch {
            #expect(!isFollowed)
            #expect(error.stage == .resolve)
            #expect(error.code == .hostNotFound)
        }
    }
}
