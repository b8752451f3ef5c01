/// One field of one driver, as a form needs it.
package struct FieldDescription: Sendable, Equatable {
    package let field: Field
    /// Whether a data source of this driver cannot be without it, whatever the scheme.
    package let isRequired: Bool
    /// What the field holds, in a sentence.
    package let meaning: String
    /// What holds where the field is absent; nil where nothing does.
    package let defaultValue: FieldDefault?
    /// A value as it may look; nil for secrets and flags.
    package let example: String?
    /// The values that there are, where they are few.
    package let choices: [String]
    /// The flag that has to be true for the field to be used.
    package let dependsOn: Field?

    /// The field's name in bodies.
    package var name: String { field.rawValue }
    /// What the field holds.
    package var kind: Field.Kind { field.kind }
    /// Whether the field leaves the service only as the mask.
    package var isSecret: Bool { field.kind == .secret }
    /// Whether it holds a text of several lines: a certificate or a key.
    package var isMultiline: Bool { [.sslCA, .certificate, .keyfile, .sshIdentity].contains(field) }
    /// Other spellings of the name.
    package var aliases: [String] { Field.aliases.filter { $0.value == field }.keys.sorted() }
}

/// A field's default.
package enum FieldDefault: Sendable, Equatable {
    case text(String)
    case flag(Bool)
}

extension Field.Kind {
    /// The kind's name for callers.
    package var name: String {
        switch self {
        case .text: "text"
        case .port: "port"
        case .flag: "flag"
        case .pem: "pem"
        case .secret: "secret"
        case .options: "options"
        }
    }
}
