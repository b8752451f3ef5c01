/// How an HTTP API is asked for rows.
package struct RESTOptions: Sendable, Hashable {
    /// How an API says that there is more.
    package enum Pagination: String, CaseIterable, Sendable, Hashable {
        /// There is one page.
        case none
        /// The next page's address is in the Link field, or in the answer.
        case link
        /// The answer holds a word that asks for the next page.
        case cursor
        /// A parameter says how many rows to pass over.
        case offset
        /// A parameter counts pages.
        case page
    }

    /// What the test asks for: a path below the base path.
    package var probe = "/"
    /// The field that shows the password; nil for the standard's own.
    package var authHeader: String?
    /// Where the rows are in an answer: a JSON Pointer or a JSONPath.
    package var rows = "$"
    package var pagination = Pagination.none
    /// Where the next page's address or cursor is in an answer; nil for the Link field.
    package var next: String?
    /// The parameter that asks for a page; nil for the one that is named like the kind of pagination.
    package var pageParameter: String?
    /// The parameter that says how many rows a page has; nil where none does.
    package var sizeParameter: String?
    /// The rows of a page, where there is a parameter for it.
    package var pageSize = 100
    /// The number of the first page.
    package var firstPage = 1
    /// Pages at most for one statement.
    package var maxPages = 100

    package init() {}

    /// The parameter that asks for a page; nil where there is none.
    package var parameterOfPages: String? {
        switch pagination {
        case .none, .link: nil
        case .cursor, .offset, .page: pageParameter ?? pagination.rawValue
        }
    }
}

extension RESTOptions {
    /// Takes one option's value, as `OptionSpec.reading` gave it.
    mutating func take(_ value: OptionValue, for spec: OptionSpec) {
        switch (spec.name, value) {
        case (OptionSpec.probe.name, .text(let text)): probe = text
        case (OptionSpec.authHeader.name, .text(let text)):
            authHeader = text.lowercased() == Self.standardHeader.lowercased() ? nil : text
        case (OptionSpec.rows.name, .text(let text)): rows = text
        case (OptionSpec.pagination.name, .text(let text)): pagination = Pagination(rawValue: text) ?? .none
        case (OptionSpec.next.name, .text(let text)): next = text == Self.auto ? nil : text
        case (OptionSpec.pageParameter.name, .text(let text)): pageParameter = text == Self.auto ? nil : text
        case (OptionSpec.sizeParameter.name, .text(let text)): sizeParameter = text == Self.none ? nil : text
        case (OptionSpec.pageSize.name, .number(let number)): pageSize = number
        case (OptionSpec.firstPage.name, .number(let number)): firstPage = number
        case (OptionSpec.maxPages.name, .number(let number)): maxPages = number
        default: break
        }
    }

    fileprivate static let auto = "auto"
    fileprivate static let none = "none"
    fileprivate static let standardHeader = "Authorization"
}

extension OptionSpec {
    /// Every option of `rest` alone.
    static let rest = [
        probe, authHeader, rows, pagination, next, pageParameter, sizeParameter, pageSize, firstPage, maxPages,
    ]

    /// What the test asks for.
    package static let probe = OptionSpec(
        name: "probe", kind: .text(maximumBytes: maximumBytes), defaultValue: .text("/"), unit: nil,
        meaning: "The path below the base path that the test, the idle check and the schema ask for.", drivers: [.rest])
    /// The field that shows the password.
    package static let authHeader = OptionSpec(
        name: "authHeader", kind: .text(maximumBytes: 64), defaultValue: .text(RESTOptions.standardHeader), unit: nil,
        meaning:
            "The header field whose value is the password; at its default, username and password are shown by Basic, "
            + "a password alone by Bearer.",
        drivers: [.rest])
    /// Where the rows are in an answer.
    package static let rows = OptionSpec(
        name: "rows", kind: .text(maximumBytes: maximumBytes), defaultValue: .text("$"), unit: nil,
        meaning: "Where the rows are in an answer: a JSON Pointer or a JSONPath. A statement can say it for itself.",
        drivers: [.rest])
    /// How the API says that there is more.
    package static let pagination = OptionSpec(
        name: "pagination", kind: .choice(RESTOptions.Pagination.allCases.map(\.rawValue)),
        defaultValue: .text(RESTOptions.Pagination.none.rawValue), unit: nil,
        meaning:
            "How further pages are asked for: by the address or the cursor in an answer, or by an offset or number.",
        drivers: [.rest])
    /// Where the next page's address or cursor is.
    package static let next = OptionSpec(
        name: "next", kind: .text(maximumBytes: maximumBytes), defaultValue: .text(RESTOptions.auto), unit: nil,
        meaning:
            "Where the next page's address or cursor is in an answer: a JSON Pointer or a JSONPath; auto takes the "
            + "address of the Link field.",
        drivers: [.rest])
    /// The parameter that asks for a page.
    package static let pageParameter = OptionSpec(
        name: "pageParameter", kind: .text(maximumBytes: 128), defaultValue: .text(RESTOptions.auto), unit: nil,
        meaning:
            "The query parameter that asks for a page; auto is cursor, offset or page, like the kind of pagination.",
        drivers: [.rest])
    /// The parameter that says how many rows a page has.
    package static let sizeParameter = OptionSpec(
        name: "sizeParameter", kind: .text(maximumBytes: 128), defaultValue: .text(RESTOptions.none), unit: nil,
        meaning: "The query parameter that says how many rows a page has; none sends none.", drivers: [.rest])
    /// The rows of a page.
    package static let pageSize = OptionSpec(
        name: "pageSize", kind: .number(1...100_000), defaultValue: .number(100), unit: "rows",
        meaning: "How many rows a page has, where sizeParameter is set.", drivers: [.rest])
    /// The number of the first page.
    package static let firstPage = OptionSpec(
        name: "firstPage", kind: .number(0...1), defaultValue: .number(1), unit: nil,
        meaning: "The number of the first page, where pages are counted.", drivers: [.rest])
    /// Pages at most.
    package static let maxPages = OptionSpec(
        name: "maxPages", kind: .number(1...10_000), defaultValue: .number(100), unit: "pages",
        meaning: "How many pages a statement fetches at most.", drivers: [.rest])
}
