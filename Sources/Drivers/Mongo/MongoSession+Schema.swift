import MongoWire
import SourceModel

extension MongoSession {
    /// How many documents of a collection are looked at.
    static let sampleSize = 200
    /// How long looking at one collection may take.
    private static let sampleTime = Duration.seconds(5)

    func tables() async throws(SourceFailure) -> TableList {
        let listing: BSONDocument = ["listCollections": 1, "nameOnly": true, "authorizedCollections": true]
        var tables: [TableHeading] = []
        do throws(MongoWireError) {
            try await each(of: listing) { entry in
                guard let name = entry["name"]?.text, !name.hasPrefix("system.") else { return }
                tables.append(
                    TableHeading(
                        catalog: database, name: name, kind: entry["type"]?.text == "view" ? .view : .collection))
            }
        } catch {
            throw failure(for: error, in: .schema)
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
            "cursor": .document(["batchSize": .int32(Int32(Self.sampleSize))]),
            "maxTimeMS": .int64(Self.sampleTime.components.seconds * 1000),
        ]
        var comment: String?
        do throws(MongoWireError) {
            try await each(of: sampling) { sample.note($0) }
        } catch {
            switch Self.absence(of: table, for: error) {
            case .hidden: break
            case .told(let why): comment = why
            case nil: throw failure(for: error, in: .schema)
            }
        }
        var details = TableDetails(columns: sample.columns, comment: comment)
        guard table.kind == .collection else { return details }
        do throws(MongoWireError) {
            try await each(of: ["listIndexes": .string(table.name)]) { entry in
                guard let name = entry["name"]?.text, let key = entry["key"]?.document else { return }
                let columns = key.map { $0.value.integer == 1 ? $0.name : "\($0.name) \(Self.direction($0.value))" }
                let isPrimary = columns == ["_id"]
                if isPrimary { details.primaryKey = columns }
                details.indexes.append(
                    TableIndex(name: name, columns: columns, isUnique: isPrimary || entry["unique"]?.isTrue == true))
            }
        } catch {
            guard case .hidden = Self.absence(of: table, for: error) else { throw failure(for: error, in: .schema) }
        }
        return details
    }

    /// Why one collection has no columns, though the others may have.
    private enum Absence {
        /// The login may not read it, or it is gone meanwhile.
        case hidden
        /// Something to tell of it.
        case told(String)
    }

    /// Nil where the error is not about this collection alone.
    private static func absence(of table: TableHeading, for error: MongoWireError) -> Absence? {
        guard case .server(let refusal) = error else { return nil }
        switch MongoFailures.Code(rawValue: refusal.code) {
        case .unauthorized, .namespaceNotFound: return .hidden
        case .maxTimeMSExpired: return .told("not sampled within \(sampleTime.components.seconds) s")
        default:
            // A view that cannot be computed is one that somebody wrote so; the rest is worth telling all the same.
            guard table.kind == .view, MongoFailures.passing(refusal, .schema, "") == nil else { return nil }
            return .told("not sampled: the server refused with \(MongoFailures.words(refusal).code)")
        }
    }

    /// What stands for a field in an index that is not ascending: `descending`, or a kind such as `2dsphere`.
    private static func direction(_ value: BSONValue) -> String {
        value.text ?? (value.integer.map { $0 < 0 } == true ? "descending" : "ascending")
    }

    /// Hands out the documents of a command's cursor.
    private func each(
        of command: BSONDocument, _ body: (BSONDocument) -> Void
    ) async throws(MongoWireError) {
        var reply = try await ask(command, in: .schema)
        var batch = reply.part("cursor")?.part("firstBatch")
        var count = 0
        while let documents = batch {
            for element in documents {
                if let document = element.value.document { body(document) }
                count += 1
            }
            guard let cursor = Self.cursor(reply) else { return }
            guard count <= TableList.limit else { return await kill(cursor) }
            reply = try await ask(
                ["getMore": .int64(cursor.id), "collection": .string(cursor.collection)], on: cursor.database,
                in: .schema)
            batch = reply.part("cursor")?.part("nextBatch")
        }
    }
}
