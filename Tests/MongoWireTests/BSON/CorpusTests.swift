import Foundation
import NIOCore
import Testing

@testable import MongoWire

private let corpusFolder = ProcessInfo.processInfo.environment["WELLHEAD_BSON_CORPUS"].map { URL(filePath: $0) }

/// MongoDB's public BSON corpus (`source/bson-corpus/tests` of its specifications). Its licence does not let it into this
/// repository: where somebody has a copy, `WELLHEAD_BSON_CORPUS` names the folder, and these tests run.
@Suite("The public BSON corpus", .enabled(if: corpusFolder != nil))
struct CorpusTests {
    private struct File: Decodable {
        struct Valid: Decodable {
            var description: String
            var canonicalBSON: String
            var degenerateBSON: String?
            var canonicalJSON: String
            var relaxedJSON: String?
            var degenerateJSON: String?
            var lossy: Bool?

            enum CodingKeys: String, CodingKey {
                case description, lossy
                case canonicalBSON = "canonical_bson"
                case degenerateBSON = "degenerate_bson"
                case canonicalJSON = "canonical_extjson"
                case relaxedJSON = "relaxed_extjson"
                case degenerateJSON = "degenerate_extjson"
            }
        }
        struct DecodeError: Decodable {
            var description: String
            var bson: String
        }
        struct ParseError: Decodable {
            var description: String
            var string: String
        }
        var type: String
        var valid: [Valid]?
        var decodeErrors: [DecodeError]?
        var parseErrors: [ParseError]?

        enum CodingKeys: String, CodingKey {
            case valid, decodeErrors, parseErrors
            case type = "bson_type"
        }
    }

    private static func files() throws -> [File] {
        guard let folder = corpusFolder else { return [] }
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
            .map { try JSONDecoder().decode(File.self, from: Data(contentsOf: $0)) }
    }

    private static func bytes(_ text: String) throws -> ByteBuffer {
        ByteBuffer(bytes: try #require([UInt8](hexadecimal: text)))
    }

    /// JSON texts that say the same: blanks, escapes and the spelling of doubles do not count.
    private static func isSame(_ left: String, _ right: String) throws -> Bool {
        try normalised(JSONNode(left)) == normalised(JSONNode(right))
    }

    private static func normalised(_ node: JSONNode) -> JSONNode {
        switch node {
        case .object(let members):
            if members.count == 1, members[0].name == "$numberDouble", case .string(let text) = members[0].value {
                return .string("double \(Double(text).map(String.init(describing:)) ?? text)")
            }
            return .object(members.map { .init($0.name, normalised($0.value)) })
        case .array(let nodes): return .array(nodes.map(normalised))
        case .number(let digits):
            return digits.contains { ".eE".contains($0) } ? .number(Double(digits)?.description ?? digits) : node
        case .string, .boolean, .null: return node
        }
    }

    @Test("Every valid document is read and written in each of its forms")
    func valid() throws {
        var count = 0
        for file in try Self.files() {
            for example in file.valid ?? [] {
                count += 1
                let name = Comment(rawValue: "\(file.type): \(example.description)")
                let bytes = try Self.bytes(example.canonicalBSON)
                let document = try BSONDocument(bytes)
                #expect(document.canonical.bytes == bytes, name)
                #expect(try Self.isSame(document.extendedJSON(.canonical), example.canonicalJSON), name)
                if example.lossy != true {
                    #expect(try BSONDocument(extendedJSON: example.canonicalJSON).bytes == bytes, name)
                }
                if let relaxed = example.relaxedJSON {
                    #expect(try Self.isSame(document.extendedJSON(.relaxed), relaxed), name)
                    let again = try BSONDocument(extendedJSON: relaxed).extendedJSON(.relaxed)
                    #expect(try Self.isSame(again, relaxed), name)
                }
                if let degenerate = example.degenerateBSON {
                    #expect(try BSONDocument(Self.bytes(degenerate)).canonical.bytes == bytes, name)
                }
                if let degenerate = example.degenerateJSON, example.lossy != true {
                    #expect(try BSONDocument(extendedJSON: degenerate).bytes == bytes, name)
                }
            }
        }
        #expect(count > 400)
    }

    @Test("Every invalid document is refused")
    func invalid() throws {
        var count = 0
        for file in try Self.files() {
            for example in file.decodeErrors ?? [] {
                count += 1
                #expect(throws: BSONError.self, "\(file.type): \(example.description)") {
                    try BSONDocument(Self.bytes(example.bson))
                }
            }
            for example in file.parseErrors ?? [] {
                count += 1
                let text =
                    file.type == "0x13" ? #"{"a":{"$numberDecimal":"\#(example.string)"}}"# : example.string
                #expect(throws: BSONError.self, "\(file.type): \(example.description)") {
                    try BSONDocument(extendedJSON: text)
                }
            }
        }
        #expect(count > 150)
    }
}
