import SourceModel
import Testing

@testable import Drivers
@testable import MongoWire

/// Refusals that the peer here does not give.
@Suite("A schema that cannot be told whole, at a stand-in")
struct MongoSchemaTests {
    private func details(
        _ kind: TableHeading.Kind, refusing command: String, with code: Int32
    ) async throws -> TableDetails? {
        let member = MongoStandIn.member(.primary, "m:1", members: [])
        let server = try await MongoStandIn.start { name, document in
            name == command
                ? ["ok": 0, "code": .int32(code), "codeName": "Name", "errmsg": "no"]
                : name == "listIndexes"
                    ? ["cursor": .document(["firstBatch": .array(.list([])), "id": .int64(0)]), "ok": 1]
                    : member(name, document)
        }
        let session = try await MongoBench.open(MongoBench.source(server.port, nil, database: "shop"))
        var details: TableDetails?
        var failure: SourceFailure?
        do throws(SourceFailure) {
            details = try await session.details(of: [TableHeading(name: "c", kind: kind)]).first
        } catch {
            failure = error
        }
        #expect(failure?.code == (details == nil ? .schemaUnavailable : nil))
        await session.close()
        await server.stop()
        return details
    }

    @Test(
        "A collection that cannot be sampled is told as that, and a fault of the server as a failure",
        arguments: [
            (TableHeading.Kind.collection, 13, nil), (.collection, 26, nil),
            (.collection, 50, "not sampled within 5 s"), (.view, 50, "not sampled within 5 s"),
            (.view, 17276, "not sampled: the server refused with 17276 Name"),
        ] as [(TableHeading.Kind, Int32, String?)])
    func samples(kind: TableHeading.Kind, code: Int32, comment: String?) async throws {
        let details = try #require(try await details(kind, refusing: "aggregate", with: code))
        #expect(details.columns.isEmpty)
        #expect(details.comment == comment)
    }

    @Test("Without its indexes a collection has its columns", arguments: [13, 26] as [Int32])
    func hiddenIndexes(code: Int32) async throws {
        let details = try #require(try await details(.collection, refusing: "listIndexes", with: code))
        #expect(details.columns.map(\.name) == ["name"])
        #expect(details.indexes.isEmpty)
    }

    @Test(
        "Any other refusal fails the schema",
        arguments: [("aggregate", 2), ("listIndexes", 2), ("listIndexes", 50)] as [(String, Int32)])
    func failures(command: String, code: Int32) async throws {
        #expect(try await details(.collection, refusing: command, with: code) == nil)
    }
}
