import Foundation

/// A data source as it is stored.
package struct Record: Sendable, Equatable {
    package var id: RecordID
    /// A label, unique among live records.
    package var name: String
    /// The fields in their clean form, secrets included: `name` is not among them.
    package var draft: DataSourceDraft
    /// When the record last passed its test and was connected; nil for a draft that never did.
    package var publishedAt: Date?
    package var createdAt: Date
    package var updatedAt: Date
    /// User name or token name of the caller.
    package var createdBy: String
    package var updatedBy: String
    /// Counts the changes, from 1: a change names the revision that it is based on.
    package var revision: Int

    package init(
        id: RecordID, name: String, draft: DataSourceDraft, publishedAt: Date?, createdAt: Date, updatedAt: Date,
        createdBy: String, updatedBy: String, revision: Int = 1
    ) {
        self.id = id
        self.name = name
        self.draft = draft
        self.publishedAt = publishedAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.createdBy = createdBy
        self.updatedBy = updatedBy
        self.revision = revision
    }
}

/// What is left of a deleted record: no login data.
package struct Tombstone: Sendable, Equatable {
    package var id: RecordID
    package var name: String
    package var driver: DriverKind
    package var createdAt: Date
    package var createdBy: String
    package var deletedAt: Date
    package var deletedBy: String

    package init(
        id: RecordID, name: String, driver: DriverKind, createdAt: Date, createdBy: String, deletedAt: Date,
        deletedBy: String
    ) {
        self.id = id
        self.name = name
        self.driver = driver
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.deletedAt = deletedAt
        self.deletedBy = deletedBy
    }
}

/// An opaque identifier that sorts by time of creation: UUID version 7 (RFC 9562, section 5.7), lower case.
package struct RecordID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let text: String

    /// Takes any text: an identifier that does not exist is simply not found.
    package init(_ text: String) { self.text = text.lowercased() }

    /// - Parameters:
    ///   - milliseconds: Unix time.
    ///   - random: the generator; a test's is seeded.
    package static func make(
        milliseconds: UInt64, random: inout some RandomNumberGenerator
    ) -> RecordID {
        let a = (milliseconds << 16) | 0x7000 | UInt64.random(in: 0...0xFFF, using: &random)
        let b = (0b10 << 62) | (UInt64.random(in: 0...UInt64.max, using: &random) >> 2)
        let hex = [a, b].map { value in
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
        var groups: [Substring] = []
        var rest = hex[...]
        for length in [8, 4, 4, 4, 12] {
            groups.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return RecordID(groups.joined(separator: "-"))
    }

    package var description: String { text }
    package static func < (left: RecordID, right: RecordID) -> Bool { left.text < right.text }
}
