import SourceModel

extension DriverCatalog {
    /// Every driver, as `GET /drivers` and the command line show it.
    package static var answer: AnswerNode { .list(element: "item", drivers.map(\.answer)) }
}

extension DriverDescription {
    fileprivate var answer: AnswerNode {
        .object([
            .init("driver", .text(name)),
            .init("name", .text(displayName)),
            .init("aliases", .list(element: "item", aliases.map { .text($0) })),
            .init("port", defaultPort.map { .text(String($0)) } ?? .null),
            .init("fields", .list(element: "item", fields.map(\.answer))),
            .init("options", .list(element: "item", options.map(\.answer))),
            .init("schemes", .list(element: "item", schemes.map(\.answer))),
            .init(
                "statement",
                .object([
                    .init("template", .text(statement.template)), .init("quoting", .text(statement.quoting.rawValue)),
                ])),
        ])
    }
}

extension FieldDescription {
    fileprivate var answer: AnswerNode {
        .object([
            .init("name", .text(name)),
            .init("type", .text(kind.name)),
            .init("required", .flag(isRequired)),
            .init("secret", .flag(isSecret)),
            .init("multiline", .flag(isMultiline)),
            .init("meaning", .text(meaning)),
            .init("default", defaultValue?.answer ?? .null),
            .init("example", .text(orNull: example)),
            .init("values", .list(element: "item", choices.map { .text($0) })),
            .init("depends_on", .text(orNull: dependsOn?.rawValue)),
            .init("aliases", .list(element: "item", aliases.map { .text($0) })),
        ])
    }
}

extension FieldDefault {
    fileprivate var answer: AnswerNode {
        switch self {
        case .text(let text): .text(text)
        case .flag(let flag): .flag(flag)
        }
    }
}

extension OptionSpec {
    fileprivate var answer: AnswerNode {
        let type: String
        var minimum: Int?
        var maximum: Int?
        switch kind {
        case .number(let bounds): (type, minimum, maximum) = ("number", bounds.lowerBound, bounds.upperBound)
        case .text(let bytes): (type, maximum) = ("text", bytes)
        case .flag: type = "flag"
        case .choice: type = "choice"
        case .character: type = "character"
        }
        return .object([
            .init("name", .text(name)),
            .init("type", .text(type)),
            .init("minimum", minimum.map { .integer($0) } ?? .null),
            .init("maximum", maximum.map { .integer($0) } ?? .null),
            .init("default", defaultValue.answer),
            .init("unit", .text(orNull: unit)),
            .init("values", .list(element: "item", choices.map { .text($0) })),
            .init("meaning", .text(meaning)),
        ])
    }
}

extension SchemeName {
    fileprivate var answer: AnswerNode {
        .object([
            .init("name", .text(rawValue)),
            .init("meaning", .text(meaning)),
            .init("fields", .list(element: "item", fields.map { .text($0.rawValue) })),
        ])
    }
}
