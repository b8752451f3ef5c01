import Foundation
import GRDB

/// Dates in the database: seconds since 2001-01-01 UTC, which is what `Date` holds, so that none is rounded.
enum StoredDate {
    static func seconds(_ date: Date) -> Double { date.timeIntervalSinceReferenceDate }
}

extension Row {
    func date(_ column: String) throws -> Date {
        Date(timeIntervalSinceReferenceDate: try decode(Double.self, forColumn: column))
    }

    func dateIfAny(_ column: String) throws -> Date? {
        try decode(Double?.self, forColumn: column).map { Date(timeIntervalSinceReferenceDate: $0) }
    }
}
