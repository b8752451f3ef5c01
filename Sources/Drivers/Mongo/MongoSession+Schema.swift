import MongoWire
import SourceModel

extension MongoSession {
    /// How many documents of a collection are looked at.
    static let sampleSize = 200
    /// How long looking at one collection may take, in milliseconds.
    private static let sampleTime: Int32 = 5000

    func tables() async throws(SourceFailure) -> TableList {
        let listing: BSONDocument = ["listCollections": 1, "nameOnly": true, "authorizedCollections": true]
        var tables: [TableHeading] = []
        try await each(of: listing, "firstBatch") { entry in
            guard let name = entry["name"]?.text, !name.hasPrefix("system.") else { return }
            tables.append(
                TableHeading(
                    catalog: database, name: name, kind: entry["type"]?.text == "view" ? .view : .collection))
        }
        tables.sort { $0.name < $1.name }
        return TableList(tables: Array(tables.prefix(TableList.limit)), isCut: tables.count > TableList.limit)
    }

    func details(of tables: [TableHeading]) async throws(SourceFailure) -> [TableDetails] {
        var all: [TableDetails] = []
        for table in tables { all.append(try await details(of: table)) }
        return all
    }

    private func details(of table: TableHeading) async throws(SourceFailure) -> TableDetails {
        var sample = MongoSample()
        // A view computes all that it has before a sample can be drawn from it; of these the first ones are taken.
        let stage: BSONDocument =
            table.kind == .view
            ? ["$limit": .int32(Int32(Self.sampleSize))]
            : ["$sample": .document(["size": .int32(Int32(Self.sampleSize))])]
        let sampling: BSONDocument = [
            "aggregate": .string(table.name), "pipeline": .array(.list([.document(stage)])),
            "cursor": .document(["batchSize": .int32(Int32(Self.sampleSize))]), "maxTimeMS": .int32(Self.sampleTime),
        ]
        do throws(SourceFailure) {
            try await each(of: sampling, "firstBatch") { sample.note($0) }
        } catch {
            // A collection that the login may not read, or that is gone meanwhile, has no columns.
            guard error.code == .schemaUnavailable else { throw error }
        }
        var details = TableDetails(columns: sample.columns)
        guard table.kind == .collection else { return details }
        do throws(SourceFailure) {
            try await each(of: ["listIndexes": .string(table.name)], "firstBatch") { entry in
                guard let name = entry["name"]?.text, let key = entry["key"]?.document else { return }
                let columns = key.map { $0.value.integer == 1 ? $0.name : "\($0.name) \(Self.direction($0.value))" }
                let isPrimary = columns == ["_id"]
                if isPrimary { details.primaryKey = columns }
                details.indexes.append(
                    TableIndex(name: name, columns: columns, isUnique: isPrimary || entry["unique"]?.isTrue == true))
            }
        } catch {
            guard error.code == .schemaUnavailable else { throw error }
        }
        return details
    }

    /// What stands for a field in an index that is not ascending: `descending`, or a kind such as `2dsphere`.
    private static func direction(_ value: BSONValue) -> String {
        value.text ?? (value.integer.map { $0 < 0 } == true ? "descending" : "ascending")
    }

    /// Hands out the documents of a command's cursor.
    private func each(
        of command: BSONDocument, _ first: StaticString, _ body: (BSONDocument) -> Void
    ) async throws(SourceFailure) {
        var reply = try await run(command, in: .schema)
        var batch = reply.part("cursor")?.part(first)
        var count = 0
        while let documents = batch {
            for element in documents {
                if let document = element.value.document { body(document) }
                count += 1
            }
            guard let cursor = Self.cursor(reply) else { return }
            guard count <= TableList.limit else { return await kill(cursor) }
            reply = try await run(
                ["getMore": .int64(cursor.id), "collection": .string(cursor.collection)], on: cursor.database,
                in: .schema)
            batch = reply.part("cursor")?.part("nextBatch")
        }
    }
}
