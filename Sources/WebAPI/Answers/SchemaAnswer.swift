import Gateway
import SourceModel

extension SchemaPage {
    /// A page of tables.
    var answer: AnswerNode {
        .object([
            .init("read_at", .date(readAt)),
            .init("total", .integer(total)),
            .init("cut", .flag(isCut)),
            .init("tables", .list(element: "table", tables.map { $0.heading.answer(with: $0.details) })),
        ])
    }
}

extension TableHeading {
    fileprivate func answer(with details: TableDetails) -> AnswerNode {
        .object([
            .init("catalog", .text(orNull: catalog)),
            .init("schema", .text(orNull: schema)),
            .init("name", .text(name)),
            .init("kind", .text(kind.rawValue)),
            .init("comment", .text(orNull: comment ?? details.comment)),
            .init("row_estimate", rowEstimate.map { .integer($0) } ?? .null),
            .init("columns", .list(element: "column", details.columns.map(\.answer))),
            .init("primary_key", .names(details.primaryKey)),
            .init("foreign_keys", .list(element: "foreign_key", details.foreignKeys.map(\.answer))),
            .init("indexes", .list(element: "index", details.indexes.map(\.answer))),
        ])
    }
}

extension TableColumn {
    fileprivate var answer: AnswerNode {
        .object([
            .init("name", .text(name)),
            .init("type", .text(type)),
            .init("json", .text(jsonType.rawValue)),
            .init("nullable", .flag(isNullable)),
            .init("default", .text(orNull: defaultValue)),
            .init("comment", .text(orNull: comment)),
        ])
    }
}

extension ForeignKey {
    fileprivate var answer: AnswerNode {
        .object([
            .init("name", .text(name)),
            .init("columns", .names(columns)),
            .init(
                "references",
                .object([
                    .init("schema", .text(orNull: referencedSchema)), .init("table", .text(referencedTable)),
                    .init("columns", .names(referencedColumns)),
                ])),
        ])
    }
}

extension TableIndex {
    fileprivate var answer: AnswerNode {
        .object([
            .init("name", .text(name)), .init("columns", .names(columns)), .init("unique", .flag(isUnique)),
        ])
    }
}

extension AnswerNode {
    fileprivate static func names(_ names: [String]) -> AnswerNode {
        .list(element: "column", names.map { .text($0) })
    }
}

extension RunningQuery {
    /// A query that runs, without its statement: that is its caller's own.
    var answer: AnswerNode {
        .object([
            .init("id", .text(id.text)), .init("datasource", .text(source.text)), .init("started_by", .text(caller)),
            .init("started_at", .date(began)),
        ])
    }
}
