/// What a caller wants a data source to be: fields as sent, each of the right type, not yet checked against each other.
package struct DataSourceDraft: Sendable, Equatable {
    /// The fields that have a value. Empty text counts as no value.
    package var values: [Field: FieldValue]
    /// The fields that were sent as null or empty: a PUT clears them.
    package var cleared: Set<Field>
    /// The secrets that were sent as `********`: a PUT keeps what is stored.
    package var kept: Set<Field>

    package init(values: [Field: FieldValue] = [:], cleared: Set<Field> = [], kept: Set<Field> = []) {
        self.values = values
        self.cleared = cleared
        self.kept = kept
    }

    /// The text of a text, port or PEM field.
    package func text(_ field: Field) -> String? {
        if case .text(let text)? = values[field] { text } else { nil }
    }

    /// The value of a flag.
    package func flag(_ field: Field) -> Bool? {
        if case .flag(let flag)? = values[field] { flag } else { nil }
    }

    /// The value of a secret field.
    package func secret(_ field: Field) -> Secret? {
        if case .secret(let secret)? = values[field] { secret } else { nil }
    }

    /// The entries of `options`; empty where none were sent.
    package var options: [String: OptionValue] {
        if case .options(let options)? = values[.options] { options } else { [:] }
    }

    /// This draft as a change to a stored one: fields sent replace, cleared ones vanish, the others and the kept stay.
    /// Where TLS is turned on or off and the port stays unsaid, a port that was the default becomes the new default.
    package func applied(to stored: DataSourceDraft) -> DataSourceDraft {
        var result = stored
        for field in cleared { result.values[field] = nil }
        result.values.merge(values) { _, sent in sent }
        if values[.port] == nil, let before = stored.defaultPort, let now = result.defaultPort, before != now,
            result.flag(.ssl) != stored.flag(.ssl), stored.text(.port) == String(before),
            result.text(.driver) == stored.text(.driver)
        {
            result.values[.port] = .text(String(now))
        }
        return result
    }

    private var defaultPort: Int? {
        text(.driver).flatMap { DriverKind(spelling: $0) }?.defaultPort(ssl: flag(.ssl) == true)
    }
}

/// A field's value once its type is known.
package enum FieldValue: Sendable, Equatable {
    case text(String)
    case flag(Bool)
    case secret(Secret)
    case options([String: OptionValue])
}

/// A value inside `options`.
package enum OptionValue: Sendable, Equatable, Hashable {
    case text(String)
    case number(Int)
    case flag(Bool)
}

/// A value as a body carried it, whatever the body's format.
package indirect enum BodyValue: Sendable, Equatable {
    case null
    case text(String)
    /// A number's literal text, so that no digit is lost.
    case number(String)
    case flag(Bool)
    case object([String: BodyValue])
    case array([BodyValue])
}
