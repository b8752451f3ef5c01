/// How a MongoDB deployment is found and logged in to.
package struct MongoOptions: Sendable, Hashable {
    /// The logins that can be asked for by name.
    package enum Mechanism: String, CaseIterable, Sendable, Hashable {
        case scramSHA256 = "SCRAM-SHA-256"
        case scramSHA1 = "SCRAM-SHA-1"
        case x509 = "MONGODB-X509"
    }

    /// Which members of a replica set are read from.
    package enum ReadPreference: String, CaseIterable, Sendable, Hashable {
        case primary, primaryPreferred, secondary, secondaryPreferred, nearest
    }

    /// The database that knows the user; nil is `admin`, or what the service name's TXT record says.
    package var authSource: String?
    /// Nil: the best that server and user have.
    package var mechanism: Mechanism?
    /// The replica set whose members are looked for; nil: the server at `host` alone is asked.
    package var replicaSet: String?
    package var readPreference = ReadPreference.primary
    /// Further members to begin with, beside `host`.
    package var seeds: [Endpoint] = []
    /// Whether `host` is a service name whose SRV record lists the members.
    package var isServiceName = false

    package init() {}
}

extension MongoOptions {
    /// The word for an option that is left open.
    static let none = "none"

    /// Takes one option's value, as `OptionSpec.reading` gave it.
    ///
    /// - Returns: what is wrong with it, and what to write instead; nil where nothing is.
    mutating func take(_ value: OptionValue, for spec: OptionSpec) -> HostText.Problem? {
        switch (spec.name, value) {
        case (OptionSpec.authSource.name, .text(let text)):
            authSource = .text(text) == OptionSpec.authSource.defaultValue ? nil : text
        case (OptionSpec.authMechanism.name, .text(let text)): mechanism = Mechanism(rawValue: text)
        case (OptionSpec.replicaSet.name, .text(let text)): replicaSet = text == Self.none ? nil : text
        case (OptionSpec.readPreference.name, .text(let text)):
            readPreference = ReadPreference(rawValue: text) ?? .primary
        case (OptionSpec.srv.name, .flag(let flag)): isServiceName = flag
        case (OptionSpec.seeds.name, .text(let text)) where text != Self.none:
            do throws(HostText.Problem) {
                seeds = try text.split(separator: ",").map { part throws(HostText.Problem) in try Self.seed(part) }
            } catch {
                return error
            }
        default: break
        }
        return nil
    }

    /// Reads `host`, `host:port` or `[address]:port`.
    private static func seed(_ part: Substring) throws(HostText.Problem) -> Endpoint {
        let text = String(part).trimmedBlanks
        let colon = text.lastIndex(of: ":")
        let isBare = colon == nil || text.last == "]" || (text.first != "[" && text.count(where: { $0 == ":" }) > 1)
        guard let colon, !isBare else {
            return Endpoint(host: try HostText.read(text, field: .host, portField: nil), port: 27017)
        }
        guard let port = PortText.read(String(text[text.index(after: colon)...])) else {
            throw HostText.Problem(
                message: "options.seeds has \(text.quoted), whose port is none.",
                hint: "Write options.seeds as host:port, with commas in between.")
        }
        return Endpoint(host: try HostText.read(String(text[..<colon]), field: .host, portField: nil), port: port)
    }
}

extension OptionSpec {
    /// The database that knows the user.
    package static let authSource = OptionSpec(
        name: "authSource", kind: .text(maximumBytes: 63), defaultValue: .text("admin"), unit: nil,
        meaning: "The database that knows the user. With srv, the TXT record may name another one.", drivers: [.mongo])
    /// The login's mechanism.
    package static let authMechanism = OptionSpec(
        name: "authMechanism", kind: .choice(["auto"] + MongoOptions.Mechanism.allCases.map(\.rawValue)),
        defaultValue: .text("auto"), unit: nil,
        meaning:
            "The login's mechanism; auto takes MONGODB-X509 where there is a certificate and no password, else the "
            + "better one of what the user has.",
        drivers: [.mongo])
    /// The replica set's name.
    package static let replicaSet = OptionSpec(
        name: "replicaSet", kind: .text(maximumBytes: 128), defaultValue: .text(MongoOptions.none), unit: nil,
        meaning: "The replica set whose members are looked for, beginning with host and seeds; none asks host alone.",
        drivers: [.mongo])
    /// Which member is read from.
    package static let readPreference = OptionSpec(
        name: "readPreference", kind: .choice(MongoOptions.ReadPreference.allCases.map(\.rawValue)),
        defaultValue: .text(MongoOptions.ReadPreference.primary.rawValue), unit: nil,
        meaning: "Which member of the replica set is read from; without replicaSet, what mongos is told.",
        drivers: [.mongo])
    /// Further members.
    package static let seeds = OptionSpec(
        name: "seeds", kind: .text(maximumBytes: maximumBytes), defaultValue: .text(MongoOptions.none), unit: nil,
        meaning: "Further members of the replica set to begin with, as host:port with commas in between.",
        drivers: [.mongo])
    /// Whether the host is a service name.
    package static let srv = OptionSpec(
        name: "srv", kind: .flag, defaultValue: .flag(false), unit: nil,
        meaning:
            "Whether host is the name of mongodb+srv://, whose SRV record lists the members; port is not used then.",
        drivers: [.mongo])
}
