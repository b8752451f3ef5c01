extension SourceOptions {
    /// Reads a draft's options by the driver's table, noting what cannot be taken.
    init(_ sent: [String: OptionValue], driver: DriverKind, complaints: inout Complaints) {
        self.init()
        let specs = OptionSpec.all(of: driver)
        for (name, value) in sent.sorted(by: { $0.key < $1.key }) {
            let path = "options.\(name.prefix(64))"
            guard let spec = specs.first(where: { $0.name == name }) else {
                Self.refuse(name, path, driver: driver, specs: specs, &complaints)
                continue
            }
            guard let read = spec.reading(value) else {
                complaints.add(
                    path, .invalidField, "\(path) is \(value.shown); it takes \(spec.expectation).",
                    hint: "Set \(path) to \(spec.expectation).")
                continue
            }
            if let problem = take(read, for: spec) {
                complaints.add(path, .invalidField, problem.message, hint: problem.hint)
            }
        }
        if poolMin > poolMax {
            complaints.add(
                "options.poolMin", .conflictingFields,
                "options.poolMin is \(poolMin), above poolMax, which is \(poolMax).",
                hint: "Lower options.poolMin or raise options.poolMax.")
        }
        if let delimiter = dialect.delimiter, dialect.quote == .character(delimiter) {
            complaints.add(
                "options.quote", .conflictingFields, "options.quote and options.delimiter are the same character.",
                hint: "Change one of options.quote and options.delimiter.")
        }
    }

    /// - Returns: what is wrong with the value, where more than its kind counts.
    private mutating func take(_ value: OptionValue, for spec: OptionSpec) -> HostText.Problem? {
        switch (spec.name, value) {
        case (OptionSpec.poolMin.name, .number(let number)): poolMin = number
        case (OptionSpec.poolMax.name, .number(let number)): poolMax = number
        case (OptionSpec.applicationName.name, .text(let text)): applicationName = text
        case _ where OptionSpec.rest.contains(spec): rest.take(value, for: spec)
        case _ where spec.drivers == [.mongo]: return mongo.take(value, for: spec)
        case (_, .text(let text)):
            guard !sqlServer.take(text, for: spec) else { return nil }
            dialect.take(text, for: spec)
            excel.take(text, for: spec)
        default: break
        }
        return nil
    }

    private static func refuse(
        _ name: String, _ path: String, driver: DriverKind, specs: [OptionSpec], _ complaints: inout Complaints
    ) {
        let known = specs.map(\.name)
        if OptionSpec.all.contains(where: { $0.name == name }) {
            complaints.add(
                path, .unknownField, "The driver \(driver.rawValue) takes no option \(name).",
                hint: "Remove \(path)\(known.isEmpty ? "" : "; \(driver.rawValue) takes \(known.enumerated)").")
            return
        }
        let nearest = NearestName.to(name, among: known)
        let hint =
            if let nearest {
                "Write \(nearest), or leave the option out."
            } else if known.isEmpty {
                "Leave it out: \(driver.rawValue) takes no options."
            } else {
                "Leave it out; \(driver.rawValue) takes \(known.enumerated)."
            }
        complaints.add(
            path, .unknownField,
            "There is no option \(name.quoted)\(nearest.map { "; the nearest is \($0)" } ?? "").", hint: hint)
    }
}

extension OptionValue {
    /// The value as it may stand in a sentence.
    var shown: String {
        switch self {
        case .text(let text): text.quoted
        case .number(let number): String(number)
        case .flag(let flag): String(flag)
        }
    }
}
