import SourceModel

/// A column of a result.
package struct ResultColumn: Sendable, Equatable {
    package var name: String
    /// The server's own name of the type.
    package var type: String
    /// The type of the values in JSON.
    package var jsonType: JSONType

    package init(name: String, type: String, jsonType: JSONType) {
        self.name = name
        self.type = type
        self.jsonType = jsonType
    }
}

extension [ResultColumn] {
    /// The columns' names made unique, for formats that name each value: a second `a` is `a_2`.
    package var uniqueNames: [String] {
        var taken = Set<String>()
        return map { column in
            var name = column.name
            var number = 2
            while !taken.insert(name).inserted {
                name = "\(column.name)_\(number)"
                number += 1
            }
            return name
        }
    }
}

/// The formats that a result can have.
package enum ResultFormat: Sendable, Equatable, CaseIterable {
    /// One object: columns, rows as arrays, statistics.
    case json
    /// One object a row and line, by the columns' names.
    case ndjson
    /// RFC 4180 with a header; NULL is empty, an empty text is `""`.
    case csv
}

/// What is known of a result once it has ended.
package struct ResultStatistics: Sendable, Equatable {
    /// Why a result ends before its last row.
    package enum Cut: String, Sendable {
        /// The row limit was met.
        case rows
        /// The limit of bytes was met.
        case bytes
        /// The data source gives its rows in pages, and the limit of those was met.
        case pages
    }

    package var rows = 0
    /// Set where there was more.
    package var cut: Cut?
    /// Texts that were no valid UTF-8: what is invalid stands as U+FFFD.
    package var invalidTexts = 0
    /// Values that have no column: the first page of the rows did not have them.
    package var leftOut = 0
    /// From the call to the last row.
    package var elapsed: Duration = .zero

    package init() {}
}
