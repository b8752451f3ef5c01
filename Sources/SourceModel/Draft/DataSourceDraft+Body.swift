extension DataSourceDraft {
    /// Reads a body's fields: each gets its type, aliases become the field that they mean, read-only fields are left
    /// out, empty text and null clear.
    ///
    /// - Parameter updating: whether a stored record is being changed, so that a secret sent as the mask keeps what is
    ///   stored. Without one the mask is refused.
    /// - Throws: one failure of the stage `validate` with every field that cannot be taken.
    package init(body: [String: BodyValue], updating: Bool = false) throws(SourceFailure) {
        var reader = BodyReader(updating: updating)
        for name in body.keys.sorted() where Field(spelling: name) == nil && !Field.readOnly.contains(name) {
            reader.refuseUnknown(name)
        }
        for field in Field.allCases {
            let spellings = [field.rawValue] + Field.aliases.filter { $0.value == field }.keys.sorted()
            let sent = spellings.compactMap { name in body[name].map { (name: name, value: $0) } }
            guard let first = sent.first else { continue }
            if let other = sent.dropFirst().first(where: { $0.value != first.value }) {
                reader.complaints.add(
                    other.name, .conflictingFields,
                    "\(first.name) and \(other.name) are two spellings of one field, sent with different values.",
                    hint: "Send \(field.rawValue) only.")
                continue
            }
            reader.read(field, named: first.name, first.value)
        }
        if let failure = reader.complaints.failure { throw failure }
        self = reader.draft
    }
}

/// Turns a body's values into a draft's, one field after the other.
private struct BodyReader {
    let updating: Bool
    var draft = DataSourceDraft()
    var complaints = Complaints()

    init(updating: Bool) { self.updating = updating }

    mutating func refuseUnknown(_ name: String) {
        let nearest = NearestName.to(name, among: Field.spellings)
        complaints.add(
            String(name.prefix(64)), .unknownField,
            "There is no field \(name.quoted)\(nearest.map { "; the nearest is \($0)" } ?? "").",
            hint: nearest.map { "Write \($0), or leave the field out." }
                ?? "Leave the field out; GET /drivers lists what there is.")
    }

    mutating func read(_ field: Field, named name: String, _ value: BodyValue) {
        switch (field.kind, value) {
        case (_, .null): draft.cleared.insert(field)
        case (.options, _): readOptions(name, value)
        case (.flag, _): readFlag(field, name, value)
        case (.port, .number(let literal)): readText(field, name, literal)
        case (_, .text(let text)): readText(field, name, text)
        case (.port, _): refuseType(name, value, "a port's number")
        case (_, .number), (_, .flag), (_, .object), (_, .array): refuseType(name, value, "text")
        }
    }

    private mutating func readText(_ field: Field, _ name: String, _ text: String) {
        if text.isEmpty || field.isTrimmed && text.allSatisfy(\.isWhitespace) {
            draft.cleared.insert(field)
            return
        }
        if text.utf8.contains(0) {
            complaints.add(
                name, .invalidField, "\(name) contains a NUL character.", hint: "Remove the NUL character from \(name)."
            )
            return
        }
        guard text.utf8.count <= field.maximumBytes else {
            complaints.add(
                name, .invalidField,
                "\(name) is \(text.utf8.count) bytes long; it takes \(field.maximumBytes) at most.",
                hint: "Shorten \(name).")
            return
        }
        switch field.kind {
        case .secret where text == Secret.mask && updating: draft.kept.insert(field)
        case .secret where text == Secret.mask:
            complaints.add(
                name, .invalidField,
                "\(name) is the mask that Wellhead shows instead of the stored one, and nothing is stored yet.",
                hint: "Set \(name) to its real value.")
        case .secret: draft.values[field] = .secret(Secret(text))
        case .text, .port: draft.values[field] = .text(field.isTrimmed ? text.trimmedBlanks : text)
        case .pem, .flag, .options: draft.values[field] = .text(text)
        }
    }

    private mutating func readFlag(_ field: Field, _ name: String, _ value: BodyValue) {
        switch value {
        case .flag(let flag): draft.values[field] = .flag(flag)
        case .text(let text) where text.allSatisfy(\.isWhitespace): draft.cleared.insert(field)
        case .text(let text), .number(let text):
            switch text.trimmedBlanks.lowercased() {
            case "true", "1": draft.values[field] = .flag(true)
            case "false", "0": draft.values[field] = .flag(false)
            default:
                complaints.add(
                    name, .invalidField, "\(name) is \(text.quoted); it takes true or false.",
                    hint: "Set \(name) to true or false.")
            }
        case .null, .object, .array: refuseType(name, value, "true or false")
        }
    }

    private mutating func readOptions(_ name: String, _ value: BodyValue) {
        switch value {
        case .object(let entries): readEntries(name, entries)
        case .text(let text) where text.allSatisfy(\.isWhitespace): draft.cleared.insert(.options)
        case .text(let text):
            guard let entries = OptionsText.read(text) else {
                complaints.add(
                    name, .invalidField, "\(name) is a text that is no JSON object.",
                    hint: "Write \(name) as an object, such as {\"poolMax\": 8}.")
                return
            }
            readEntries(name, entries)
        case .null, .number, .flag, .array: refuseType(name, value, "an object of settings by name")
        }
    }

    private mutating func readEntries(_ name: String, _ entries: [String: BodyValue]) {
        var options: [String: OptionValue] = [:]
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
            let path = "\(name).\(key.prefix(64))"
            switch value {
            case .null: continue
            case .text(let text) where text.isEmpty: continue
            case .text(let text) where text.utf8.contains(0) || text.utf8.count > OptionSpec.maximumBytes:
                complaints.add(
                    path, .invalidField,
                    "\(path) is longer than \(OptionSpec.maximumBytes) bytes or contains a NUL character.",
                    hint: "Shorten \(path).")
            case .text(let text): options[key] = .text(text)
            case .flag(let flag): options[key] = .flag(flag)
            case .number(let literal):
                // What is no whole number stays text and is judged by the option's own rule.
                options[key] = Int(literal).map { .number($0) } ?? .text(String(literal.prefix(64)))
            case .object, .array: refuseType(path, value, "a text, a number or a flag")
            }
        }
        if options.isEmpty { draft.cleared.insert(.options) } else { draft.values[.options] = .options(options) }
    }

    private mutating func refuseType(_ name: String, _ value: BodyValue, _ expected: String) {
        let sent =
            switch value {
            case .null: "null"
            case .text: "a text"
            case .number: "a number"
            case .flag: "a flag"
            case .object: "an object"
            case .array: "a list"
            }
        let quotes = if case .number = value, expected == "text" { ": put the value in quotes" } else { "" }
        complaints.add(
            name, .invalidField, "\(name) is \(sent); it takes \(expected).",
            hint: "Send \(name) as \(expected)\(quotes).")
    }
}
