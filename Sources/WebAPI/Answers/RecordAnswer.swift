import Foundation
import Gateway
import SourceModel

extension RecordView {
    /// The record as the contract's section 1 shows it: secrets as the mask or null, flags never null.
    var answer: AnswerNode {
        var fields: [AnswerNode.AnswerField] = [
            .init("id", .text(record.id.text)), .init(Field.name.rawValue, .text(record.name)),
        ]
        for field in Field.allCases where field != .name {
            fields.append(.init(field.rawValue, record.draft.answer(field)))
        }
        fields += [
            .init("status", .text(status.rawValue)),
            .init("published_at", .date(record.publishedAt)),
            .init("created_at", .date(record.createdAt)),
            .init("updated_at", .date(record.updatedAt)),
            .init("created_by", .text(record.createdBy)),
            .init("updated_by", .text(record.updatedBy)),
        ]
        return .object(fields)
    }
}

extension DataSourceDraft {
    /// One field as it leaves the service.
    fileprivate func answer(_ field: Field) -> AnswerNode {
        switch field.kind {
        case .text, .port, .pem: .text(orNull: text(field))
        case .secret: secret(field) == nil ? .null : .text(Secret.mask)
        case .flag: .flag(flag(field) ?? false)
        case .options: .object(options.sorted { $0.key < $1.key }.map { .init($0.key, $0.value.answer) })
        }
    }
}

extension OptionValue {
    /// The value as it stands in answers.
    var answer: AnswerNode {
        switch self {
        case .text(let text): .text(text)
        case .number(let number): .integer(number)
        case .flag(let flag): .flag(flag)
        }
    }
}

extension Tombstone {
    /// What is left of a deleted record.
    var answer: AnswerNode {
        .object([
            .init("id", .text(id.text)),
            .init("name", .text(name)),
            .init("driver", .text(driver.rawValue)),
            .init("created_at", .date(createdAt)),
            .init("created_by", .text(createdBy)),
            .init("deleted_at", .date(deletedAt)),
            .init("deleted_by", .text(deletedBy)),
        ])
    }
}

extension LiveStatus {
    /// Whole days until a certificate ends; negative once it has.
    private var daysLeft: Int? {
        certificateExpires.map { Int(($0.timeIntervalSinceNow / 86_400).rounded(.down)) }
    }

    /// The live state of a data source.
    var answer: AnswerNode {
        .object([
            .init("status", .text(status.rawValue)),
            .init("since", .date(since)),
            .init(
                "connections",
                .object([
                    .init("open", .integer(open)), .init("idle", .integer(idle)), .init("busy", .integer(busy)),
                    .init("waiting", .integer(waiting)),
                ])),
            .init("last_check", .date(lastCheck)),
            .init("last_error", lastError?.described ?? .null),
            .init("last_error_at", .date(lastErrorAt)),
            .init("server_version", .text(orNull: serverVersion)),
            .init("latency_ms", latency.map { .milliseconds($0) } ?? .null),
            .init("certificate_expires", .date(certificateExpires)),
            .init("certificate_days_left", daysLeft.map { .integer($0) } ?? .null),
            .init("reconnect_attempts", .integer(reconnectAttempts)),
        ])
    }
}
