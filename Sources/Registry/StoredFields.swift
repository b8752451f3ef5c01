import Foundation
import SourceModel

/// A record's fields as they are stored: what is secret apart from what is not.
struct StoredFields {
    /// A JSON object of the fields that are no secrets.
    var clear: String
    var secrets: [Field: Secret]

    /// Whether a field is secret is the field's kind, not the form in which its value came.
    init(_ draft: DataSourceDraft) throws {
        var values: [String: StoredValue] = [:]
        secrets = [:]
        for (field, value) in draft.values {
            switch (field.kind, value) {
            case (_, .secret(let secret)): secrets[field] = secret
            case (.secret, .text(let text)): secrets[field] = Secret(text)
            case (_, .text(let text)): values[field.rawValue] = .text(text)
            case (_, .flag(let flag)): values[field.rawValue] = .flag(flag)
            case (_, .options(let options)): values[field.rawValue] = .options(options.mapValues(StoredValue.init))
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        clear = String(decoding: try encoder.encode(values), as: UTF8.self)
    }

    /// The draft that was stored.
    ///
    /// - Throws: `DamagedFields`.
    static func draft(clear: String, secrets: [Field: Secret]) throws(DamagedFields) -> DataSourceDraft {
        let values: [String: StoredValue]
        do {
            values = try JSONDecoder().decode([String: StoredValue].self, from: Data(clear.utf8))
        } catch {
            throw DamagedFields(what: "the fields are no JSON object")
        }
        var draft = DataSourceDraft()
        for (name, value) in values {
            guard let field = Field(rawValue: name), let value = value.fieldValue else {
                throw DamagedFields(what: "\(name) is no field that this version knows, or not of its type")
            }
            draft.values[field] = value
        }
        for (field, secret) in secrets { draft.values[field] = .secret(secret) }
        return draft
    }
}

/// Stored fields that cannot be read.
struct DamagedFields: Error {
    let what: String
}

/// A field's or an option's value in JSON.
private indirect enum StoredValue: Codable {
    case flag(Bool)
    case number(Int)
    case text(String)
    case options([String: StoredValue])

    init(_ option: OptionValue) {
        switch option {
        case .text(let text): self = .text(text)
        case .number(let number): self = .number(number)
        case .flag(let flag): self = .flag(flag)
        }
    }

    var fieldValue: FieldValue? {
        switch self {
        case .flag(let flag): return .flag(flag)
        case .text(let text): return .text(text)
        case .number: return nil
        case .options(let stored):
            let options = stored.compactMapValues(\.optionValue)
            return options.count == stored.count ? .options(options) : nil
        }
    }

    private var optionValue: OptionValue? {
        switch self {
        case .flag(let flag): .flag(flag)
        case .number(let number): .number(number)
        case .text(let text): .text(text)
        case .options: nil
        }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // The first type that fits: JSON tells flags, numbers, texts and objects apart.
        if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .options(try container.decode([String: StoredValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .flag(let flag): try container.encode(flag)
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        case .options(let options): try container.encode(options)
        }
    }
}
