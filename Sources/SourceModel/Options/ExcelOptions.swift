/// How a workbook is to be read.
package struct ExcelOptions: Sendable, Hashable {
    /// The one sheet that is read, capitals or not; nil reads every sheet.
    package var sheet: String?
    /// Whether a sheet's first row names the columns; nil looks whether it differs from the rows below.
    package var header: Bool?

    package init() {}
}

extension ExcelOptions {
    /// The word for every sheet. No sheet can have this name: `*` is none of the characters that Excel takes in one.
    static let everySheet = "*"

    /// Takes one option's value, as `OptionSpec.reading` gave it.
    mutating func take(_ text: String, for spec: OptionSpec) {
        switch spec.name {
        case OptionSpec.sheet.name: sheet = text == Self.everySheet ? nil : text
        case OptionSpec.header.name: header = text == DialectOptions.auto ? nil : text == "true"
        default: break
        }
    }
}

extension OptionSpec {
    /// The one sheet that is read.
    package static let sheet = OptionSpec(
        name: "sheet", kind: .text(maximumBytes: 255), defaultValue: .text(ExcelOptions.everySheet), unit: nil,
        meaning: "The name of the one sheet that is read; * reads every sheet as a table of its own.",
        drivers: [.excel])
}
