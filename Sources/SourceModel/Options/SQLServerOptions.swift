/// How a SQL Server is spoken to.
package struct SQLServerOptions: Sendable, Hashable {
    /// The named instance whose port the SQL Browser tells; nil for the one that listens on the port itself.
    package var instance: String?
    /// Whether a replica that can only be read will do.
    package var readOnlyIntent = false
    /// Whether TLS comes first (TDS 8.0), not inside of the protocol's own packets (TDS 7.4).
    package var isStrict = false

    package init() {}

    /// The name by which the default instance goes.
    static let defaultInstance = "MSSQLSERVER"

    /// `host\instance` in its parts; the text alone where there is no backslash.
    static func split(_ host: String) -> (host: String, instance: String?) {
        let parts = host.split(separator: "\\", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return (host, nil) }
        return (String(parts[0]), String(parts[1]))
    }
}

extension SQLServerOptions {
    /// Takes one option's value, as `OptionSpec.reading` gave it.
    ///
    /// - Returns: whether it is one of these.
    mutating func take(_ text: String, for spec: OptionSpec) -> Bool {
        switch spec.name {
        case OptionSpec.instance.name:
            instance = text.uppercased() == Self.defaultInstance ? nil : text
        case OptionSpec.applicationIntent.name: readOnlyIntent = text == "readonly"
        case OptionSpec.tdsVersion.name: isStrict = text == "8.0"
        default: return false
        }
        return true
    }
}

extension OptionSpec {
    /// The named instance.
    package static let instance = OptionSpec(
        name: "instance", kind: .text(maximumBytes: 32), defaultValue: .text(SQLServerOptions.defaultInstance),
        unit: nil,
        meaning: "The named instance, whose port the SQL Browser is asked for by UDP; also taken from a host of the "
            + "form host\\instance. Not with port, and not through SSH.",
        drivers: [.sqlserver])
    /// What the server is told about our intent.
    package static let applicationIntent = OptionSpec(
        name: "applicationIntent", kind: .choice(["readwrite", "readonly"]), defaultValue: .text("readwrite"),
        unit: nil,
        meaning:
            "readonly: a replica of an availability group will do. It changes nothing about what statements may do.",
        drivers: [.sqlserver])
    /// The protocol's version.
    package static let tdsVersion = OptionSpec(
        name: "tdsVersion", kind: .choice(["7.4", "8.0"]), defaultValue: .text("7.4"), unit: nil,
        meaning: "8.0: TLS comes before everything else, as servers want it that force strict encryption; needs ssl. "
            + "7.4: what every SQL Server since 2012 speaks.",
        drivers: [.sqlserver])
}
