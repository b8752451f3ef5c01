import SourceModel

/// What a statement may ask for at most.
package struct QueryLimits: Sendable {
    /// Rows where the caller names no limit.
    package static let defaultRows = 1000
    /// Seconds where the caller names no timeout.
    package static let defaultTimeout = 30

    /// Rows that a caller may ask for.
    package var rows = 1_000_000
    /// Bytes of a result.
    package var bytes = 1 << 30
    /// Seconds that a caller may ask for.
    package var seconds = 600

    package init() {}
}

extension Statement {
    /// Reads `{"statement", "parameters", "limit", "timeout"}`.
    ///
    /// - Throws: one failure of the stage `validate` with every field that cannot be taken.
    init(body: [String: BodyValue], limits: QueryLimits) throws(SourceFailure) {
        var complaints: [FieldComplaint] = []
        func complain(_ field: String, _ code: FailureCode, _ message: String) {
            complaints.append(FieldComplaint(field: field, code: code, message: message))
        }
        self.init("", rowLimit: min(QueryLimits.defaultRows, limits.rows), byteLimit: limits.bytes)
        timeout = .seconds(min(QueryLimits.defaultTimeout, limits.seconds))
        let known = ["statement", "parameters", "limit", "timeout"]
        for name in body.keys.sorted() where !known.contains(name) {
            let nearest = NearestName.to(name, among: known).map { "; the nearest is \($0)" } ?? ""
            complain(name, .unknownField, "There is no field \(SourceFailure.quoted(name))\(nearest).")
        }
        if case .text(let sent)? = body["statement"], sent.contains(where: { !$0.isWhitespace }) {
            text = sent
            if sent.utf8.contains(0) { complain("statement", .invalidField, "statement contains a NUL character.") }
        } else {
            complain("statement", .missingField, "statement is missing: it says what is to be read.")
        }
        switch body["parameters"] {
        case nil, .null: break
        case .array(let values): parameters = values.map { StatementParameter($0) }
        case .text, .number, .flag, .object:
            complain("parameters", .invalidField, "parameters takes a list of values.")
        }
        if parameters.contains(where: { if case .text(let text) = $0 { text.utf8.contains(0) } else { false } }) {
            complain("parameters", .invalidField, "parameters contains a NUL character.")
        }
        if let sent = body["limit"], sent != .null {
            if let number = sent.digits.flatMap({ Int($0) }), (1...limits.rows).contains(number) {
                rowLimit = number
            } else {
                complain("limit", .invalidField, "limit takes a whole number from 1 to \(limits.rows).")
            }
        }
        if let sent = body["timeout"], sent != .null {
            if let number = sent.digits.flatMap({ Double($0) }), (0.001...Double(limits.seconds)).contains(number) {
                timeout = .milliseconds(Int64((number * 1000).rounded()))
            } else {
                complain("timeout", .invalidField, "timeout takes seconds, up to \(limits.seconds).")
            }
        }
        if let first = complaints.first {
            throw SourceFailure(
                .validate, first.code, complaints.map(\.message).joined(separator: " "),
                hint: "Send statement, and where they are wanted parameters, limit and timeout.", fields: complaints)
        }
    }
}

extension StatementParameter {
    /// A value of the body; an object or a list becomes its JSON.
    fileprivate init(_ value: BodyValue) {
        switch value {
        case .null: self = .null
        case .flag(let flag): self = .flag(flag)
        case .number(let digits): self = .number(digits)
        case .text(let text): self = .text(text)
        case .object, .array: self = .text(String(decoding: JSONWriter.bytes(of: value.node), as: UTF8.self))
        }
    }
}

extension BodyValue {
    /// The digits of a number, also of one that came as text, as all do in forms and XML.
    fileprivate var digits: String? {
        switch self {
        case .number(let digits): digits
        case .text(let text): text.trimmed
        case .null, .flag, .object, .array: nil
        }
    }

    fileprivate var node: AnswerNode {
        switch self {
        case .null: .null
        case .flag(let flag): .flag(flag)
        case .number(let digits): .number(digits)
        case .text(let text): .text(text)
        case .array(let values): .list(element: "item", values.map(\.node))
        case .object(let fields):
            .object(fields.sorted { $0.key < $1.key }.map { .init($0.key, $0.value.node) })
        }
    }
}
