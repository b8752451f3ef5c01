import NIOCore
import Testing

@testable import SFTPWire

/// The bytes are those of draft-ietf-secsh-filexfer-02, written out by hand.
@Suite("SFTP: the session's machine")
struct MachineTests {
    private static let version: [UInt8] = [0, 0, 0, 5, 2, 0, 0, 0, 3]

    private static func packet(_ body: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(body.count).bigEndian) { Array($0) } + body
    }

    private static func text(_ text: String) -> [UInt8] { packet(Array(text.utf8)) }

    /// A machine that is ready, and the ids of three requests that wait.
    private static func ready() throws -> (machine: SFTPStateMachine, ids: [UInt32]) {
        var machine = SFTPStateMachine()
        #expect(machine.received(ByteBuffer(bytes: version)) == [.becomeReady])
        let ids = try [Request.stat(path: "a"), .open(path: "b"), .close(ByteBuffer(string: "h"))].map {
            try machine.ask($0).id
        }
        return (machine, ids)
    }

    @Test("What is sent is what the draft says, byte by byte")
    func requests() {
        #expect(Array(Request.hello.readableBytesView) == [0, 0, 0, 5, 1, 0, 0, 0, 3])
        let handle = ByteBuffer(string: "h1")
        let expected: [(Request, [UInt8])] = [
            (.stat(path: "é"), [0, 0, 0, 11, 17, 0, 0, 0, 9, 0, 0, 0, 2, 0xC3, 0xA9]),
            (.open(path: "a"), [0, 0, 0, 18, 3, 0, 0, 0, 9, 0, 0, 0, 1, 97, 0, 0, 0, 1, 0, 0, 0, 0]),
            (.statHandle(handle), [0, 0, 0, 11, 8, 0, 0, 0, 9, 0, 0, 0, 2, 104, 49]),
            (.close(handle), [0, 0, 0, 11, 4, 0, 0, 0, 9, 0, 0, 0, 2, 104, 49]),
            (
                .read(handle, offset: 1 << 33, length: 32768),
                [0, 0, 0, 23, 5, 0, 0, 0, 9, 0, 0, 0, 2, 104, 49, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0x80, 0]
            ),
        ]
        for (request, bytes) in expected { #expect(Array(request.packet(id: 9).readableBytesView) == bytes) }
    }

    @Test("Answers are read, wherever the stream is cut")
    func answers() throws {
        let attributes: [UInt8] =
            [105, 0, 0, 0, 1, 0x80, 0, 0, 0x0F] + [0, 0, 0, 1, 0, 0, 0, 0] + [0, 0, 0, 7, 0, 0, 0, 8]
            + [0, 0, 0x81, 0xA4] + [0, 0, 0, 1, 0x65, 0, 0, 0] + [0, 0, 0, 1] + Self.text("x") + Self.text("y")
        let stream =
            Self.packet(attributes) + Self.packet([102, 0, 0, 0, 2] + Self.text("h1"))
            + Self.packet([101, 0, 0, 0, 3, 0, 0, 0, 2] + Self.text("No such file") + Self.text("en"))
        let expected: [SFTPStateMachine.Action] = [
            .answer(
                id: 1, .attributes(Attributes(size: 1 << 32, mode: 0o100644, modified: 0x6500_0000))),
            .answer(id: 2, .handle(ByteBuffer(string: "h1"))),
            .answer(id: 3, .status(Status(code: .noSuchFile, message: "No such file"))),
        ]
        for cut in 0...stream.count {
            var (machine, ids) = try Self.ready()
            #expect(ids == [1, 2, 3])
            let actions =
                machine.received(ByteBuffer(bytes: stream[..<cut]))
                + machine.received(ByteBuffer(bytes: stream[cut...]))
            #expect(actions == expected, "cut at \(cut)")
            #expect(machine.heldBytes == 0)
        }
    }

    @Test("What was read is let go, however long the stream is not aligned with its packets and replies are held")
    func longStream() throws {
        var decoder = PacketDecoder()
        let packet = Self.packet(Array(repeating: 7, count: 996 + 37))
        let stream = Array(repeating: packet, count: 1_000).flatMap(\.self)
        var held: [ByteBuffer] = []
        for start in stride(from: 0, to: stream.count, by: 1_000) {
            decoder.append(ByteBuffer(bytes: stream[start..<min(start + 1_000, stream.count)]))
            while let body = try decoder.next() { held.append(body) }
            #expect(decoder.capacity <= 16 << 10)
        }
        #expect(held.count == 1_000)
        #expect(held.allSatisfy { $0.readableBytes == packet.count - 4 })
    }

    @Test("A status without words, as old servers send it, is read")
    func silentStatus() throws {
        var (machine, _) = try Self.ready()
        let actions = machine.received(ByteBuffer(bytes: Self.packet([101, 0, 0, 0, 1, 0, 0, 0, 3])))
        #expect(actions == [.answer(id: 1, .status(Status(code: .permissionDenied, message: "")))])
    }

    @Test(
        "What is no answer ends the session",
        arguments: [
            packet([]), packet([102, 0, 0, 0]), packet([102, 0, 0, 0, 2, 0, 0, 0, 9, 1]),
            packet([102, 0, 0, 0, 2, 0xFF, 0xFF, 0xFF, 0xFF]), packet([105, 0, 0, 0, 1, 0, 0, 0, 1, 0]),
            packet([105, 0, 0, 0, 1, 0x80, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]),
            packet([200, 0, 0, 0, 1]), packet([102, 0, 0, 0, 77] + text("h")), version,
            packet([102, 0, 0, 0, 2] + packet(Array(repeating: 1, count: 257))),
        ])
    func violations(bytes: [UInt8]) throws {
        var (machine, _) = try Self.ready()
        let actions = machine.received(ByteBuffer(bytes: bytes))
        guard case .fail(.protocolViolation) = actions.first, actions.count == 1 else {
            Issue.record("\(actions)")
            return
        }
        #expect(machine.received(ByteBuffer(bytes: Self.version)).isEmpty)
        #expect(throws: SFTPWireError.self) { try machine.ask(.stat(path: "a")) }
    }

    @Test("A length over the bound is refused before memory is taken")
    func length() throws {
        var (machine, _) = try Self.ready()
        let actions = machine.received(ByteBuffer(bytes: [0, 4, 0, 1]))
        #expect(actions == [.fail(.packetTooLarge(size: 0x40001, limit: 0x40000))])
    }

    @Test("What does not speak SFTP is told by its own words")
    func foreign() {
        var machine = SFTPStateMachine()
        let actions = machine.received(ByteBuffer(string: "Welcome to bastion\r\nLast login"))
        #expect(actions == [.fail(.notSFTP("Welcome to bastion  Last login"))])
        var old = SFTPStateMachine()
        #expect(old.received(ByteBuffer(bytes: [0, 0, 0, 5, 2, 0, 0, 0, 2])) == [.fail(.unsupportedVersion(2))])
        var closing = SFTPStateMachine()
        #expect(closing.closed() == [.fail(.connectionClosed)])
        #expect(closing.closed() == [])
    }

    @Test("No more requests wait than the bound, and their answers make room")
    func bound() throws {
        var machine = SFTPStateMachine()
        _ = machine.received(ByteBuffer(bytes: Self.version))
        for _ in 0..<SFTPStateMachine.requestLimit { _ = try machine.ask(.stat(path: "a")) }
        #expect(throws: SFTPWireError.self) { try machine.ask(.stat(path: "a")) }
        _ = machine.received(ByteBuffer(bytes: Self.packet([101, 0, 0, 0, 5, 0, 0, 0, 4])))
        #expect(try machine.ask(.stat(path: "a")).id == UInt32(SFTPStateMachine.requestLimit + 1))
    }

    @Test("Random bytes never hold more than a packet")
    func random() {
        for seed in 0..<2_000 {
            var machine = SFTPStateMachine()
            var generator = SystemRandomNumberGenerator()
            _ = machine.received(ByteBuffer(bytes: Self.version))
            for _ in 0..<8 { _ = try? machine.ask(.stat(path: "a")) }
            for _ in 0..<20 {
                let count = Int.random(in: 1...64, using: &generator)
                let bytes = (0..<count).map { _ in
                    seed.isMultiple(of: 2)
                        ? UInt8.random(in: 0...255) : [0, 0, 0, 1, 5, 101, 102, 103, 105].randomElement() ?? 0
                }
                _ = machine.received(ByteBuffer(bytes: bytes))
                #expect(machine.heldBytes <= PacketDecoder.limit + 68)
            }
        }
    }
}
