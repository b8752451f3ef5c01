import SourceModel

extension TestReport {
    /// The report as the contract's section 4 shows it.
    var answer: AnswerNode {
        .object([
            .init("ok", .flag(ok)),
            .init("elapsed_ms", .milliseconds(elapsed)),
            .init("warnings", .list(element: "warning", warnings.map(\.answer))),
            .init("stages", .list(element: "stage", stages.map(\.answer))),
        ])
    }
}

extension TestReport.Entry {
    /// One stage, as reports and events show it.
    package var answer: AnswerNode {
        .object([
            .init("stage", .text(stage.rawValue)),
            .init("ok", .flag(ok)),
            .init("ms", .milliseconds(elapsed)),
            .init("detail", .text(detail)),
        ])
    }
}

extension Warning {
    /// The warning, as reports and events show it.
    package var answer: AnswerNode {
        .object([.init("code", .text(code.rawValue)), .init("message", .text(message))])
    }
}

extension SourceFailure {
    /// The failure as `error` shows it, without its message.
    ///
    /// - Parameter fields: whether `fields` is shown; a refusal of the fields themselves does.
    func answer(withFields: Bool) -> AnswerNode {
        var answer: [AnswerNode.AnswerField] = [
            .init("stage", .text(stage.rawValue)),
            .init("code", .text(code.rawValue)),
            .init("hint", .text(hint)),
            .init("server", server.map(\.answer) ?? .null),
        ]
        if withFields { answer.append(.init("fields", .list(element: "field", fields.map(\.answer)))) }
        return .object(answer)
    }
}

extension SourceFailure {
    /// The failure as a part of another answer, with its message.
    var described: AnswerNode {
        guard case .object(let fields) = answer(withFields: false) else { return .null }
        return .object([.init("message", .text(message))] + fields)
    }
}

extension ServerWords {
    var answer: AnswerNode {
        var fields: [AnswerNode.AnswerField] = [.init("code", .text(code)), .init("text", .text(text))]
        if let position { fields.append(.init("position", .integer(position))) }
        if let hint { fields.append(.init("hint", .text(hint))) }
        return .object(fields)
    }
}

extension FieldComplaint {
    var answer: AnswerNode {
        .object([
            .init("field", .text(field)), .init("code", .text(code.rawValue)), .init("message", .text(message)),
        ])
    }
}
