import SourceModel

/// One pass over a CSV file: its dialect, its columns with their types, how many rows it has, and whether every row can
/// be read. Memory does not grow with the file.
package struct CSVSurvey: Sendable {
    package let dialect: CSVDialect
    package let columns: [TabularColumn]
    /// Rows without the header.
    package let rows: Int

    /// - Parameters:
    ///   - name: the file's name in failures.
    ///   - reading: told how far it is, the survey being half of the work; what it throws ends the survey.
    /// - Throws: `SourceFailure`, among them `file_malformed` with line and column, or what `reading` throws.
    init(of file: OpenFile, named name: String, options: DialectOptions, _ reading: TabularReading) throws {
        reading.expect(2 * reading.size)
        // What the sample takes is read again, and counted then.
        let content = try FileContent(file) { _ in try reading.advance(by: 0) }
        var dialect = CSVSample(try content.read(CSVSample.size)).dialect(options)
        dialect.compression = content.compression
        do {
            let survey = try Self.pass(over: file, dialect, isGuess: options.encoding == nil, reading)
            if let survey {
                self = survey
                return
            }
            // The beginning was ASCII and what followed was not UTF-8.
            dialect.encoding = .windows1252
            reading.expect(3 * reading.size)
            guard let survey = try Self.pass(over: file, dialect, isGuess: false, reading) else {
                throw MalformedText(line: 1, column: 1, what: "bytes of no encoding", hint: "Set options.encoding.")
            }
            self = survey
        } catch let fault as MalformedText {
            throw SourceFailure(
                .open, .fileMalformed,
                "\(name) cannot be read as CSV: line \(fault.line), column \(fault.column): \(fault.what).",
                hint: fault.hint)
        }
    }

    private init(dialect: CSVDialect, columns: [TabularColumn], rows: Int) {
        (self.dialect, self.columns, self.rows) = (dialect, columns, rows)
    }

    /// - Parameter isGuess: whether UTF-8 was taken for want of anything that spoke against it.
    /// - Returns: nil where it was guessed wrong.
    private static func pass(
        over file: OpenFile, _ dialect: CSVDialect, isGuess: Bool, _ reading: TabularReading
    ) throws -> CSVSurvey? {
        var scanner = try CSVScanner(file, dialect, reading)
        let window = scanner.window
        do {
            return try survey(&scanner, dialect, reading)
        } catch let fault as MalformedText {
            let isWrong = window.fault == .invalid && !window.sawMoreThanASCII
            guard isGuess, dialect.encoding == .utf8, dialect.markLength == 0, isWrong else { throw fault }
            return nil
        }
    }

    private static func survey(
        _ scanner: inout CSVScanner, _ dialect: CSVDialect, _ reading: TabularReading
    ) throws -> CSVSurvey {
        guard try scanner.next() else {
            throw MalformedText(
                line: 1, column: 1, what: "the file is empty", hint: "Write at least the columns' names into the file.")
        }
        let width = scanner.fields.count
        guard width <= TableWriter.columnLimit else {
            throw scanner.malformedRow(
                atField: TableWriter.columnLimit, "\(width) columns; at most \(TableWriter.columnLimit) are read",
                "Split the file, or set options.delimiter.")
        }
        var header: [String] = []
        if dialect.hasHeader {
            for index in 0..<width { header.append(String(decoding: scanner.bytes(index), as: UTF8.self)) }
        } else {
            header = Array(repeating: "", count: width)
        }
        var columns = [Column](repeating: Column(), count: width)
        var rows = 0
        var isThere = dialect.hasHeader ? try scanner.next() : true
        while isThere {
            try scanner.checkWidth(width, hasHeader: dialect.hasHeader)
            rows += 1
            if rows.isMultiple(of: 1024) { reading.note(rows: rows) }
            for index in 0..<width {
                let isEmpty = scanner.fields[index].count == 0
                if isEmpty || columns[index].kinds.contains(.text) {
                    if isEmpty { columns[index].kinds.insert(.empty) }
                    continue
                }
                columns[index].take(FieldKind(of: scanner.bytes(index), decimalMark: dialect.decimalMark))
            }
            isThere = try scanner.next()
        }
        let described = zip(ColumnNames.unique(header), columns).map { name, column in
            TabularColumn(name: name, type: column.type, isNullable: column.kinds.contains(.empty))
        }
        return CSVSurvey(dialect: dialect, columns: described, rows: rows)
    }

    /// What was seen of a column.
    private struct Column {
        var kinds: FieldKinds = []
        private var scale: Int?
        private var isUniform = true

        var type: ColumnType { kinds.type(scale: isUniform ? scale : nil) }

        init() {}

        mutating func take(_ kind: FieldKind) {
            kinds.formUnion(kind.kinds)
            guard kind.kinds == .decimal else { return }
            if let scale = kind.scale, self.scale == nil || self.scale == scale {
                self.scale = scale
            } else {
                isUniform = false
            }
        }
    }
}

extension CSVScanner {
    /// - Parameter reading: told whenever the file is read from.
    init(_ file: OpenFile, _ dialect: CSVDialect, _ reading: TabularReading) throws {
        let content = try FileContent(file) { try reading.advance(by: $0) }
        _ = try content.read(dialect.markLength)
        let window = TextWindow(dialect.encoding) { try content.read(into: $0) }
        self.init(window, delimiter: dialect.delimiter, quote: dialect.quote)
    }

    /// - Throws: `MalformedText` where the row has not as many fields as it should have.
    func checkWidth(_ width: Int, hasHeader: Bool) throws {
        guard fields.count != width else { return }
        throw malformedRow(
            atField: fields.count > width ? width : nil,
            "\(fields.count) \(fields.count == 1 ? "field" : "fields") where the "
                + "\(hasHeader ? "header" : "first row") has \(width)",
            "Give every row as many fields, or set options.delimiter and options.quote.")
    }
}
