/// How a text file with delimited fields is to be read; what is nil is found out from the file's beginning.
package struct DialectOptions: Sendable, Hashable {
    /// What stands around fields that hold delimiters or line breaks.
    package enum Quote: Sendable, Hashable {
        /// Fields are never quoted.
        case none
        /// An ASCII character.
        case character(UInt8)
    }

    /// An ASCII character between fields.
    package var delimiter: UInt8?
    package var quote: Quote?
    package var encoding: TextEncoding?
    /// Whether the first row names the columns.
    package var header: Bool?
    /// What stands before a number's fraction: a point or a comma.
    package var decimalMark: UInt8?

    package init() {}
}

/// The encodings that text files are read in.
package enum TextEncoding: String, CaseIterable, Sendable, Hashable {
    case utf8 = "utf-8"
    case utf16LittleEndian = "utf-16le"
    case utf16BigEndian = "utf-16be"
    case windows1252 = "windows-1252"

    /// The name that people use in a sentence.
    package var displayName: String {
        switch self {
        case .utf8: "UTF-8"
        case .utf16LittleEndian: "UTF-16LE"
        case .utf16BigEndian: "UTF-16BE"
        case .windows1252: "Windows-1252"
        }
    }
}

extension DialectOptions {
    /// The word for what is found out.
    static let auto = "auto"

    /// Takes one option's value, as `OptionSpec.reading` gave it.
    mutating func take(_ text: String, for spec: OptionSpec) {
        let isFound = text == Self.auto
        switch spec.name {
        case OptionSpec.delimiter.name:
            delimiter = isFound ? nil : text == "tab" ? UInt8(ascii: "\t") : text.utf8.first
        case OptionSpec.quote.name:
            quote = isFound ? nil : text == "none" ? Quote.none : text.utf8.first.map { .character($0) }
        case OptionSpec.encoding.name: encoding = TextEncoding(rawValue: text)
        case OptionSpec.header.name: header = isFound ? nil : text == "true"
        case OptionSpec.decimal.name: decimalMark = isFound ? nil : text.utf8.first
        default: break
        }
    }
}

extension OptionSpec {
    /// What stands between fields.
    package static let delimiter = OptionSpec(
        name: "delimiter", kind: .character(words: [DialectOptions.auto, "tab"]),
        defaultValue: .text(DialectOptions.auto), unit: nil,
        meaning: "What stands between fields; auto finds a comma, a semicolon, a tab or a bar.", drivers: [.csv])
    /// What stands around fields.
    package static let quote = OptionSpec(
        name: "quote", kind: .character(words: [DialectOptions.auto, "none"]),
        defaultValue: .text(DialectOptions.auto), unit: nil,
        meaning: "What stands around fields that hold delimiters or line breaks, doubled inside of them; auto finds "
            + "the double or the single quote.",
        drivers: [.csv])
    /// The file's encoding.
    package static let encoding = OptionSpec(
        name: "encoding", kind: .choice([DialectOptions.auto] + TextEncoding.allCases.map(\.rawValue)),
        defaultValue: .text(DialectOptions.auto), unit: nil,
        meaning: "The file's encoding; auto goes by the byte order mark, and takes what is not UTF-8 for Windows-1252.",
        drivers: [.csv])
    /// Whether the first row names the columns.
    package static let header = OptionSpec(
        name: "header", kind: .choice([DialectOptions.auto, "true", "false"]),
        defaultValue: .text(DialectOptions.auto), unit: nil,
        meaning: "Whether the first row names the columns; auto looks whether it differs from the rows below.",
        drivers: [.csv, .excel])
    /// What stands before a number's fraction.
    package static let decimal = OptionSpec(
        name: "decimal", kind: .choice([DialectOptions.auto, ".", ","]), defaultValue: .text(DialectOptions.auto),
        unit: nil, meaning: "What stands before a number's fraction: a point or a comma.", drivers: [.csv])
}
