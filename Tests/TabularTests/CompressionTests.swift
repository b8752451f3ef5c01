import Foundation
import SourceModel
import Testbed
import Testing

@testable import Tabular

/// A program that compresses.
struct Program: Sendable, CustomTestStringConvertible {
    let command: [String]
    /// The extension that it adds.
    let suffix: String
    /// What a report calls it.
    let name: String

    static func gzip(_ options: String...) -> Program {
        Program(command: ["/usr/bin/gzip", "-f", "-n"] + options, suffix: "gz", name: "gzip")
    }

    static func zstd(_ options: String...) -> Program {
        Program(command: ["/usr/bin/zstd", "-q", "-f"] + options, suffix: "zst", name: "zstd")
    }

    var testDescription: String { command.joined(separator: " ") }

    /// What it makes of bytes.
    func compress(_ bytes: [UInt8]) async throws -> [UInt8] {
        let folder = Workspace.makeFolder(for: "compression")
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "t")
        try Data(bytes).write(to: file)
        try await Command.check(command + [file.path])
        return [UInt8](try Data(contentsOf: folder.appending(path: "t.\(suffix)")))
    }
}

@Suite("Compressed files are read as what they unpack to")
struct CompressionTests {
    static let both = [Program.gzip(), .zstd()]

    /// A file's whole content.
    private static func content(
        of bytes: [UInt8], limit: Int = FileContent.sizeLimit, advance: @escaping () throws -> Void = {}
    ) throws -> [UInt8] {
        let desk = try Desk()
        var read = 0
        let file = try OpenFile(try desk.write(bytes, to: "t.bin"), named: "t.bin")
        let content = try FileContent(file, limit: limit) { count in
            read += count
            try advance()
        }
        var whole: [UInt8] = []
        while true {
            let piece = try content.read(10_000)
            if piece.isEmpty { break }
            whole += piece
        }
        // How far it is is told in bytes of the file, not of what is in it.
        #expect(read == bytes.count)
        return whole
    }

    private static func failure(_ bytes: [UInt8], limit: Int = FileContent.sizeLimit) -> SourceFailure? {
        #expect(throws: SourceFailure.self) { try content(of: bytes, limit: limit) }
    }

    private static let small = Array("id,item\n1,cup\n2,pot\n3,cup\n".utf8)

    @Test(
        "whatever program and level wrote them and whatever they are called",
        arguments: [
            Program.gzip(), .gzip("-9"), .zstd(), .zstd("-19"), .zstd("--ultra", "-22"),
            .zstd("--no-check", "--long=27"),
        ])
    func read(program: Program) async throws {
        let text = "id,item\n" + (0..<100_000).map { "\($0),item \($0 &* 2_654_435_761 % 65_537)\n" }.joined()
        let bytes = try await program.compress(Array(text.utf8))
        let desk = try Desk()
        for (file, table) in [
            ("orders.csv.\(program.suffix)", "orders"), ("orders.\(program.suffix.uppercased())", "orders"),
            ("orders.csv", "orders"), ("2024.orders.csv", "2024.orders"),
        ] {
            try desk.write(bytes, to: file)
            let lease = try await desk.lease(file)
            #expect(lease.tables[0].name == table)
            #expect(lease.tables[0].rows == 100_000)
            #expect(
                lease.summary == "\(program.name), UTF-8, delimiter ,, quote \", header, decimal point")
        }
        let reader = TabularReader(try await desk.lease("orders.csv"))
        try await reader.open()
        let sum = try await reader.result("select count(*) as n, sum(id) as s, count(distinct item) as i from orders")
        let items = Set((0..<100_000).map { $0 &* 2_654_435_761 % 65_537 }).count
        #expect(sum.text == "{\"n\":100000,\"s\":4999950000,\"i\":\(items)}\n")
        await reader.close()
    }

    @Test("in any encoding, its mark first")
    func encodings() async throws {
        let text: [UInt8] = [0xFF, 0xFE] + "ä;b\n1,5;x\n".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let desk = try Desk()
        try desk.write(try await Program.gzip().compress(text))
        let lease = try await desk.lease()
        #expect(
            lease.summary
                == "gzip, UTF-16LE with byte order mark, delimiter ;, quote \", header, decimal comma")
        #expect(lease.tables[0].columns.map(\.name) == ["ä", "b"])
    }

    @Test("Members and frames follow one another, with what formats allow between and after them")
    func several() async throws {
        let (head, tail) = (Array(Self.small.prefix(11)), Array(Self.small.dropFirst(11)))
        let members = [
            try await Program.gzip().compress(head), try await Program.gzip().compress([]),
            try await Program.gzip().compress(tail),
        ]
        #expect(try Self.content(of: Array(members.joined())) == Self.small)
        #expect(try Self.content(of: Array(members.joined()) + Array(repeating: 0, count: 300_000)) == Self.small)
        let frames = [
            try await Program.zstd().compress(head), try await Program.zstd().compress([]),
            try await Program.zstd().compress(tail),
        ]
        // RFC 8878, section 3.1.2: the number, the size in four bytes, as many bytes.
        let skippable: [UInt8] = [0x5C, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
        #expect(try Self.content(of: Array(frames.joined())) == Self.small)
        #expect(try Self.content(of: skippable + frames.joined(separator: skippable) + skippable) == Self.small)
    }

    @Test("Data that ends at any byte before its end is refused, never taken for the whole", arguments: both)
    func cut(program: Program) async throws {
        let bytes = try await program.compress(Self.small)
        for count in 4..<bytes.count {
            let failure = try #require(Self.failure(Array(bytes.prefix(count))))
            #expect(failure.stage == .open)
            #expect(failure.code == .fileMalformed)
            #expect(failure.message.hasPrefix("t.bin cannot be unpacked: byte \(count): the "), "\(failure.message)")
            #expect(failure.message.hasSuffix(" data is cut short."), "\(failure.message)")
        }
    }

    @Test("A bit that flipped anywhere changes no content unnoticed", arguments: both)
    func flipped(program: Program) async throws {
        let bytes = try await program.compress(Self.small)
        var refused = 0
        for place in 4..<bytes.count {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[place] ^= 1 << UInt8(bit)
                do {
                    // The date and the system in a header are not what the file is about.
                    #expect(try Self.content(of: damaged) == Self.small, "byte \(place), bit \(bit)")
                } catch let failure as SourceFailure {
                    #expect([.fileMalformed, .fileTooLarge].contains(failure.code))
                    #expect(failure.message.hasPrefix("t.bin cannot be unpacked: byte "), "\(failure.message)")
                    refused += 1
                }
            }
        }
        #expect(refused > 8 * (bytes.count - 18))
    }

    @Test("Something else after the data is refused with its place", arguments: both)
    func trailing(program: Program) async throws {
        let bytes = try await program.compress(Self.small)
        let failure = try #require(Self.failure(bytes + Array("tail".utf8)))
        #expect(failure.code == .fileMalformed)
        #expect(failure.message.contains("something else follows the \(program.name) data."), "\(failure.message)")
        if program.suffix == "gz" {
            let padded = try #require(Self.failure(bytes + [0, 0, 7]))
            #expect(padded.message.contains("byte \(bytes.count + 2): something else"), "\(padded.message)")
        }
    }

    @Test("A file that unpacks to more than the limit is refused, not unpacked", arguments: both)
    func bomb(program: Program) async throws {
        let zeros = [UInt8](repeating: 0x2C, count: 32 << 20)
        let bytes = try await program.compress(zeros)
        #expect(bytes.count < 100_000)
        #expect(try Self.content(of: bytes, limit: zeros.count).count == zeros.count)
        let failure = try #require(Self.failure(bytes, limit: 1 << 20))
        #expect(failure.code == .fileTooLarge)
        #expect(failure.message == "t.bin unpacks to more than 1048576 bytes, which is the limit.")
    }

    /// Frames made by hand (RFC 8878, section 3.1.1.1): magic, descriptor, window, and an empty last block.
    static let frames: [(header: [UInt8], code: FailureCode?)] = [
        ([0x00, 0x88], nil), ([0x00, 0x89], .fileTooLarge), ([0x00, 0xA0], .fileTooLarge),
        ([0x00, 0xFF], .fileTooLarge), ([0x01, 0x00, 0x07], .fileMalformed), ([0x08, 0x00], .fileMalformed),
    ]

    @Test("A frame that wants too large a window, or a dictionary, is told so", arguments: frames)
    func handmade(frame: (header: [UInt8], code: FailureCode?)) throws {
        let bytes = [0x28, 0xB5, 0x2F, 0xFD] + frame.header + [0x01, 0x00, 0x00]
        guard let code = frame.code else {
            #expect(try Self.content(of: bytes).isEmpty)
            return
        }
        #expect(Self.failure(bytes)?.code == code)
    }

    @Test("Pieces of one byte give the same as pieces of many", arguments: both)
    func split(program: Program) async throws {
        let text = Array(String(repeating: "1,cup and saucer\n", count: 500).utf8)
        let bytes = try await program.compress(text)
        let unpacker: any Unpacker = program.suffix == "gz" ? GzipUnpacker() : ZstdUnpacker()
        var whole: [UInt8] = []
        var input = bytes[...]
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
        defer { room.deallocate() }
        while true {
            let piece = Array(input.prefix(1))
            let step = try piece.withUnsafeBytes { try unpacker.unpack($0, into: room) }
            input = input.dropFirst(step.consumed)
            if step.written == 1 { whole.append(room[0]) }
            if step == UnpackingStep() { break }
        }
        #expect(input.isEmpty)
        #expect(unpacker.mayEnd)
        #expect(whole == text)
    }

    @Test("Data that gives nothing can be left at any time")
    func nothing() throws {
        struct Enough: Error {}
        var calls = 0
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0x10, 0] + Array(repeating: 0, count: 1 << 20)
        #expect(throws: Enough.self) {
            try Self.content(of: skippable) {
                calls += 1
                if calls == 3 { throw Enough() }
            }
        }
        #expect(try Self.content(of: skippable).isEmpty)
    }

    @Test("A fault in the text is told with its line in what the file unpacks to")
    func fault() async throws {
        let desk = try Desk()
        let bytes = try await Program.gzip().compress(Array("a,b\n1,2\n3\n".utf8))
        let failure = try #require(try await desk.failure(bytes))
        #expect(failure.code == .fileMalformed)
        #expect(failure.message.contains("line 3, column 2"), "\(failure.message)")
    }
}
