/// One setting that a record's `options` can hold: the table below is all there is.
package struct OptionSpec: Sendable, Equatable {
    /// What an option takes.
    package enum Kind: Sendable, Equatable {
        /// A whole number within bounds.
        case number(ClosedRange<Int>)
        /// Text without control characters, up to so many bytes of UTF-8.
        case text(maximumBytes: Int)
        /// True or false.
        case flag
        /// One of these words, in any case.
        case choice([String])
        /// One of these words, or an ASCII character that is no letter, digit, blank or control character. The character
        /// for `tab` is taken for the word.
        case character(words: [String])
    }

    /// The name inside `options`.
    package let name: String
    package let kind: Kind
    /// What holds where the option is absent.
    package let defaultValue: OptionValue
    /// What a number counts; nil for other kinds.
    package let unit: String?
    /// What the option does, in a sentence.
    package let meaning: String
    /// The drivers that take it.
    package let drivers: [DriverKind]

    /// The longest value of any option, in bytes of UTF-8.
    static let maximumBytes = 1024

    /// Connections kept open at least.
    package static let poolMin = OptionSpec(
        name: "poolMin", kind: .number(1...100), defaultValue: .number(1), unit: "connections",
        meaning: "How many connections are kept open at least.",
        drivers: [.mysql, .mariadb, .postgres, .sqlserver, .mongo, .rest])
    /// Connections open at most.
    package static let poolMax = OptionSpec(
        name: "poolMax", kind: .number(1...100), defaultValue: .number(4), unit: "connections",
        meaning: "How many connections are open at most; not below poolMin.",
        drivers: [.mysql, .mariadb, .postgres, .sqlserver, .mongo, .rest])
    /// What the server is told about us.
    package static let applicationName = OptionSpec(
        name: "applicationName", kind: .text(maximumBytes: 63), defaultValue: .text("wellhead"), unit: nil,
        meaning: "The name under which the server lists these connections: application_name at PostgreSQL, "
            + "program_name at MySQL, MariaDB and SQL Server, appName at MongoDB, User-Agent at web servers.",
        drivers: [.mysql, .mariadb, .postgres, .sqlserver, .mongo, .rest])

    /// Every option that there is.
    package static let all =
        [
            poolMin, poolMax, applicationName, delimiter, quote, encoding, header, decimal, sheet, instance,
            applicationIntent, tdsVersion, authSource, authMechanism, replicaSet, readPreference, seeds, srv,
        ] + rest

    /// The options of one driver.
    package static func all(of driver: DriverKind) -> [OptionSpec] { all.filter { $0.drivers.contains(driver) } }

    /// The value in its proper type: text numbers and flags, as forms and XML carry them, are converted.
    ///
    /// - Returns: nil where the value is not of the option's kind or out of its bounds.
    package func reading(_ value: OptionValue) -> OptionValue? {
        switch (kind, value) {
        case (.number(let bounds), .number(let number)): bounds.contains(number) ? value : nil
        case (.number(let bounds), .text(let text)):
            Int(text.trimmedBlanks).flatMap { bounds.contains($0) ? .number($0) : nil }
        case (.text(let maximum), .text(let text)):
            !text.isEmpty && text.utf8.count <= maximum && !text.unicodeScalars.contains(where: \.isControl)
                ? value : nil
        case (.text, .number(let number)): reading(.text(String(number)))
        case (.flag, .flag): value
        case (.flag, .text(let text)):
            switch text.trimmedBlanks.lowercased() {
            case "true", "1": .flag(true)
            case "false", "0": .flag(false)
            default: nil
            }
        case (.flag, .number(let number)): number == 1 ? .flag(true) : number == 0 ? .flag(false) : nil
        case (.choice(let words), .text(let text)):
            words.first { $0.lowercased() == text.trimmedBlanks.lowercased() }.map { .text($0) }
        case (.choice, .flag(let flag)): reading(.text(String(flag)))
        case (.character(let words), .text(let text)): Self.character(text, words: words).map { .text($0) }
        case (.number, .flag), (.text, .flag), (.character, .flag), (.character, .number), (.choice, .number): nil
        }
    }

    private static func character(_ text: String, words: [String]) -> String? {
        if text == "\t" { return words.first { $0 == "tab" } }
        let text = text.trimmedBlanks
        if let word = words.first(where: { $0 == text.lowercased() }) { return word }
        guard text.utf8.count == 1, let byte = text.utf8.first, (0x21...0x7E).contains(byte) else { return nil }
        return text.allSatisfy { $0.isLetter || $0.isNumber } ? nil : text
    }

    /// The words that the option takes; a character is possible beside them where the kind says so.
    package var choices: [String] {
        switch kind {
        case .choice(let words), .character(let words): words
        case .number, .text, .flag: []
        }
    }

    /// What the option takes, for a sentence.
    package var expectation: String {
        switch kind {
        case .number(let bounds): "a whole number of \(bounds.lowerBound) to \(bounds.upperBound)"
        case .text(let maximum): "text of 1 to \(maximum) bytes without control characters"
        case .flag: "true or false"
        case .choice(let words): words.alternatives
        case .character(let words): (["one character that is no letter, digit or blank"] + words).alternatives
        }
    }
}

extension Unicode.Scalar {
    /// Whether the scalar is a control character, line breaks included.
    var isControl: Bool { properties.generalCategory == .control }
}
