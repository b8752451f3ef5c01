extension DataSourceDraft {
    /// The clean form that is stored and shown: the driver's first spelling, hosts without blanks and brackets, ports
    /// filled in, keys and certificates repaired, flags filled in, options in their types. What cannot be read stays as
    /// it is. A normalised draft's normalised form is itself.
    package func normalised() -> DataSourceDraft {
        var result = DataSourceDraft(values: values)
        for (field, value) in values {
            switch (field.kind, value) {
            case (.text, .text(let text)), (.port, .text(let text)):
                result.values[field] = .text(Self.clean(field.isTrimmed ? text.trimmedBlanks : text, field))
            case (.pem, .text(let text)): result.values[field] = .text(Self.repaired(text))
            case (.secret, .secret(let secret)) where field == .keyfile || field == .sshIdentity:
                result.values[field] = .secret(Secret(Self.repaired(secret.reveal())))
            case (.options, .options(let options)): result.values[field] = .options(typed(options))
            case (.secret, _), (.flag, _), (.options, _), (.text, _), (.port, _), (.pem, _): break
            }
        }
        if kind == .sqlserver { result.moveInstance() }
        result.fillDefaults()
        return result
    }

    private mutating func fillDefaults() {
        if values[.ssl] == nil { values[.ssl] = .flag(false) }
        if values[.ssh] == nil { values[.ssh] = .flag(false) }
        // Also where SSH is off: somebody who turns it on later means the default, not a relay.
        if values[.sshTunneling] == nil { values[.sshTunneling] = .flag(SSHDefaults.tunneling) }
        // A local file has neither host nor port; a named instance has whatever port the SQL Browser tells.
        let isNamed = kind == .sqlserver && options[OptionSpec.instance.name] != nil
        if values[.port] == nil, !isNamed, let kind, kind.isServer || values[.host] != nil {
            values[.port] = .text(String(kind.defaultPort(ssl: flag(.ssl) == true)))
        }
        if values[.sshPort] == nil, flag(.ssh) == true { values[.sshPort] = .text(String(SSHDefaults.port)) }
    }

    /// `host\instance` becomes a host and an option.
    private mutating func moveInstance() {
        guard let sent = text(.host) else { return }
        let (host, instance) = SQLServerOptions.split(sent)
        guard let instance, !instance.isEmpty, options[OptionSpec.instance.name] == nil else { return }
        values[.host] = .text(Self.clean(host.trimmedBlanks, .host))
        values[.options] = .options(options.merging([OptionSpec.instance.name: .text(instance.trimmedBlanks)]) { $1 })
    }

    private var kind: DriverKind? { text(.driver).flatMap { DriverKind(spelling: $0) } }

    private static func clean(_ text: String, _ field: Field) -> String {
        switch field {
        case .driver: DriverKind(spelling: text)?.rawValue ?? text
        case .host, .sshHost, .sslServerName:
            (try? HostText.read(text, field: field, portField: nil)) ?? text
        case .port, .sshPort: PortText.read(text).map { String($0) } ?? text
        case .sslMode: ServerTrust.Mode(spelling: text)?.rawValue ?? text
        case .name, .username, .password, .database, .ssl, .keyfile, .certificate, .sslCA, .ssh, .sshUsername,
            .sshPassword, .sshIdentity, .sshTunneling, .sshHostKey, .options:
            text
        }
    }

    private static func repaired(_ text: String) -> String { (try? PEMText(text))?.text ?? text }

    private func typed(_ options: [String: OptionValue]) -> [String: OptionValue] {
        guard let kind else { return options }
        let specs = OptionSpec.all(of: kind)
        return Dictionary(
            uniqueKeysWithValues: options.map { name, value in
                (name, specs.first { $0.name == name }?.reading(value) ?? value)
            })
    }
}
