extension DraftValidation {
    /// Where SQL Server listens, and the named instance that may stand behind a backslash in `host`.
    mutating func sqlServerEndpoint(defaultPort: Int, because reason: String) -> (endpoint: Endpoint, instance: String?)
    {
        let sent = required(.host, because: reason)
        let (name, instance) = SQLServerOptions.split(sent)
        return (
            Endpoint(host: host(name, .host, .port), port: port(.port, defaultPort: defaultPort)), instance
        )
    }

    /// Puts the instance that `host` names to the options, and notes what they contradict.
    mutating func complete(_ options: SQLServerOptions, instance: String?) -> SQLServerOptions {
        var options = options
        if let instance {
            guard case .text(let name) = OptionSpec.instance.reading(.text(instance)) else {
                complaints.add(
                    .host, .invalidField, "host has no instance's name behind its backslash.",
                    hint: "Set host to the server's name only, and options.instance to the instance's.")
                return options
            }
            if let said = options.instance, said.lowercased() != name.lowercased() {
                complaints.add(
                    "options.instance", .conflictingFields,
                    "options.instance is \(said.quoted), and host names the instance \(name.quoted).",
                    hint: "Remove one of them.")
            }
            _ = options.take(name, for: .instance)
        }
        if let name = options.instance {
            if let port = draft.text(.port), !port.isEmpty {
                complaints.add(
                    .port, .conflictingFields,
                    "port is set, and so is the instance \(name.quoted), whose port the SQL Browser tells.",
                    hint: "Remove port, or the instance.")
            }
            if draft.flag(.ssh) == true {
                complaints.add(
                    "options.instance", .conflictingFields,
                    "The port of the instance \(name.quoted) would be asked for by UDP, which goes through no SSH host.",
                    hint: "Remove the instance, and set port to the port on which it listens.")
            }
        }
        if options.isStrict, draft.flag(.ssl) != true {
            complaints.add(
                "options.tdsVersion", .conflictingFields,
                "options.tdsVersion is 8.0, which begins with TLS, and ssl is not true.",
                hint: "Set ssl to true, or remove options.tdsVersion.")
        }
        return options
    }
}
