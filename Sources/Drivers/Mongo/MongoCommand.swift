import MongoWire
import SourceModel

/// One command that reads, made of a statement's text and its parameters.
struct MongoCommand: Equatable {
    /// The commands that are run.
    enum Kind: String, CaseIterable {
        case find, aggregate, count, distinct

        /// What may stand beside the command's own name: what only reads and what the driver does not set itself.
        var fields: Set<String> {
            switch self {
            case .find:
                [
                    "filter", "sort", "projection", "hint", "skip", "limit", "batchSize", "singleBatch", "comment",
                    "max",
                    "min", "returnKey", "showRecordId", "allowPartialResults", "collation", "allowDiskUse", "let",
                    "readConcern",
                ]
            case .aggregate:
                ["pipeline", "cursor", "allowDiskUse", "readConcern", "collation", "hint", "comment", "let"]
            case .count: ["query", "limit", "skip", "hint", "readConcern", "collation", "comment"]
            case .distinct: ["key", "query", "readConcern", "collation", "comment", "hint"]
            }
        }
    }

    var kind: Kind
    /// The command as it goes to the server, but for session, read preference and time limit.
    var document: BSONDocument

    /// Documents in one answer of the server at most.
    static let batchSize = 1000

    /// Reads a statement.
    ///
    /// - Throws: a failure of the stage `query`: `statement_writes` where a stage of it writes, `statement_refused` where
    ///   it is another command, runs JavaScript or is not of its form, `parameters_mismatch`.
    init(_ statement: Statement) throws(SourceFailure) {
        let node: JSONNode
        do throws(BSONError) {
            node = try JSONNode(statement.text)
        } catch {
            throw Self.unreadable(error)
        }
        guard case .object(let members) = node, let name = members.first?.name else {
            throw Self.refused("The statement is not a JSON object that names a command first.")
        }
        guard let kind = Kind(rawValue: name) else { throw Self.unknown(name) }
        try MongoGuard.check(node)
        for member in members.dropFirst() where !kind.fields.contains(member.name) {
            throw Self.refused(
                "The command \(name) takes no \(member.name.prefix(64)) here.", hint: Self.fieldsHint(kind))
        }
        self.kind = kind
        let filled = try MongoParameters.fill(node, with: statement.parameters)
        do throws(BSONError) {
            document = try BSONDocument(extendedJSON: filled)
        } catch {
            throw Self.unreadable(error)
        }
        bound(to: statement.rowLimit)
    }

    /// Asks for no more documents at once than are wanted: one beyond the limit tells whether there are more.
    private mutating func bound(to rowLimit: Int) {
        let size = BSONValue.int32(Int32(min(rowLimit + 1, Self.batchSize)))
        switch kind {
        case .find where document["batchSize"] == nil: document = document.adding(("batchSize", size))
        case .aggregate where document["cursor"] == nil:
            document = document.adding(("cursor", .document(["batchSize": size])))
        case .find, .aggregate, .count, .distinct: break
        }
    }

    // MARK: Refusals

    private static func fieldsHint(_ kind: Kind) -> String {
        "Leave it out; \(kind.rawValue) takes \(kind.fields.sorted().joined(separator: ", "))."
    }

    static func refused(
        _ what: String,
        hint: String = #"Send one command as JSON, such as {"find": "orders", "filter": {"total": {"$gt": 5}}}."#
    ) -> SourceFailure {
        SourceFailure(.query, .statementRefused, what, hint: hint)
    }

    private static func unknown(_ name: String) -> SourceFailure {
        SourceFailure(
            .query, .statementRefused, "The command \(name.prefix(64)) is not one that Wellhead runs.",
            hint: "Send find, aggregate, count or distinct as the first member of the object.")
    }

    private static func unreadable(_ error: BSONError) -> SourceFailure {
        switch error {
        case .notJSON(let place):
            refused(
                "The statement is not JSON at byte \(place + 1).",
                hint: "Write names and texts in double quotes, without comments or commas at the end.")
        case .invalidExtendedJSON(let key):
            refused(
                "The statement has a \(key) that is not of its form.",
                hint: #"Write it as Extended JSON has it, such as {"$oid": "…24 hexadecimal digits…"}."#)
        case .tooDeep(let limit): refused("The statement has more than \(limit) values within each other.")
        case .tooLong(let size, let limit): refused("The statement has \(size) bytes; \(limit) can be sent.")
        case .containsZero, .truncated, .invalidLength, .unknownType, .missingTerminator, .invalidBoolean, .invalidText:
            refused("The statement has a name, or a regular expression, with a NUL character.")
        }
    }
}
