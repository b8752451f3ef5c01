import Foundation
import SourceModel

/// An address as people pass it around, read into a record's fields: `postgres://reader@db.example.com/shop`.
///
/// A password in it is refused: whoever may list processes reads the arguments.
struct ConnectionURL: Equatable {
    /// The fields that the address sets.
    private(set) var fields: [String: JSONValue] = [:]
    private(set) var options: [String: JSONValue] = [:]

    /// - Parameter driver: the driver that was named beside the address, for addresses that fit several.
    /// - Throws: `CommandFailure` that says what is wrong with the address; exit status 2.
    init(_ text: String, driver: DriverKind? = nil) throws {
        guard let separator = text.firstRange(of: "://") else {
            try readPath(text, driver)
            return
        }
        let scheme = text[..<separator.lowerBound].lowercased()
        let rest = text[separator.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        let path = rest[authority.endIndex...].prefix { $0 != "?" && $0 != "#" }
        let query = rest[path.endIndex...].dropFirst().prefix { $0 != "#" }
        guard !authority.isEmpty else { throw Self.refusal("\(text.onOneLine) has no host.") }
        switch scheme {
        case "http", "https":
            try readWeb(driver, isSecure: scheme == "https", authority, path, query)
        case "sftp":
            try readSFTP(driver, authority, path)
        default:
            try readServer(scheme, driver, authority, path, query)
        }
    }

    // MARK: The kinds of address

    /// A file of the service's own directory.
    private mutating func readPath(_ path: String, _ driver: DriverKind?) throws {
        guard let kind = driver ?? Self.fileDriver(of: path), kind == .csv || kind == .excel else {
            throw Self.refusal(
                "\(path.onOneLine) is no address; write one such as postgres://reader@db.example.com/shop, or a file's path "
                    + "with --driver csv.")
        }
        fields["driver"] = .text(kind.rawValue)
        fields["database"] = .text(path)
    }

    private mutating func readWeb(
        _ driver: DriverKind?, isSecure: Bool, _ authority: Substring, _ path: Substring, _ query: Substring
    ) throws {
        let kind = driver ?? Self.fileDriver(of: String(path)) ?? .rest
        fields["driver"] = .text(kind.rawValue)
        fields["ssl"] = .flag(isSecure)
        try readAuthority(authority)
        let whole = query.isEmpty ? String(path) : "\(path)?\(query)"
        if !whole.isEmpty, whole != "/" { fields["database"] = .text(whole) }
    }

    private mutating func readSFTP(_ driver: DriverKind?, _ authority: Substring, _ path: Substring) throws {
        guard let kind = driver ?? Self.fileDriver(of: String(path)), kind == .csv || kind == .excel else {
            throw Self.refusal("Whether the file is CSV or Excel cannot be told from its name; say it with --driver.")
        }
        let login = try Login(authority)
        fields["driver"] = .text(kind.rawValue)
        fields["ssh"] = .flag(true)
        fields["sshTunneling"] = .flag(false)
        fields["sshHost"] = .text(login.host)
        if let port = login.port { fields["sshPort"] = .text(port) }
        if let user = login.user { fields["sshUsername"] = .text(user) }
        let decoded = try Self.decoded(path)
        // As in other programs, /~/ is the login's home.
        fields["database"] = .text(decoded.hasPrefix("/~/") ? String(decoded.dropFirst(3)) : decoded)
    }

    private mutating func readServer(
        _ scheme: String, _ driver: DriverKind?, _ authority: Substring, _ path: Substring, _ query: Substring
    ) throws {
        let isSRV = scheme == "mongodb+srv"
        guard let kind = DriverKind(spelling: isSRV ? "mongodb" : scheme), kind.isServer, kind != .rest else {
            let schemes = DriverKind.allCases.filter { $0.isServer && $0 != .rest }.map(\.rawValue)
            throw Self.refusal(
                "There is no driver for \(scheme.onOneLine)://; write \(schemes.map { "\($0)://" }.joined(separator: ", ")), "
                    + "https:// or sftp://.")
        }
        if let driver, driver != kind, !(driver.rawValue == "mariadb" && kind == .mysql) {
            throw Self.refusal("--driver is \(driver.rawValue), and the address is of \(kind.rawValue).")
        }
        fields["driver"] = .text((driver ?? kind).rawValue)
        let hosts = authority.split(separator: ",", omittingEmptySubsequences: false)
        try readAuthority(hosts[0])
        if hosts.count > 1 {
            guard kind == .mongo else { throw Self.refusal("\(kind.displayName) takes one host in an address.") }
            options["seeds"] = .text(hosts.dropFirst().joined(separator: ","))
        }
        if isSRV {
            options["srv"] = .flag(true)
            // As with every client of MongoDB; tls=false says otherwise.
            fields["ssl"] = .flag(true)
        }
        let database = try Self.decoded(path.drop { $0 == "/" })
        if !database.isEmpty { fields["database"] = .text(database) }
        for part in query.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard !pair[0].isEmpty else { throw Self.refusal("The address has a parameter without a name.") }
            try readParameter(pair[0], try Self.decoded((pair.count > 1 ? pair[1] : "true")[...]), kind)
        }
    }

    private mutating func readAuthority(_ authority: Substring) throws {
        let login = try Login(authority)
        fields["host"] = .text(login.host)
        if let port = login.port { fields["port"] = .text(port) }
        if let user = login.user { fields["username"] = .text(user) }
    }

    /// A parameter of a database's address: the usual ones about TLS, and the driver's options by name.
    private mutating func readParameter(_ name: String, _ value: String, _ driver: DriverKind) throws {
        switch (name.lowercased(), value.lowercased()) {
        case ("sslmode", "disable"), ("ssl", "false"), ("tls", "false"): fields["ssl"] = .flag(false)
        case ("ssl", "true"), ("tls", "true"): fields["ssl"] = .flag(true)
        case ("sslmode", "require"), ("sslmode", "verify-ca"), ("sslmode", "verify-full"):
            fields["ssl"] = .flag(true)
            fields["sslMode"] = .text(value.lowercased())
        case ("sslmode", _):
            throw Self.refusal(
                "sslmode=\(value.onOneLine) would fall back to plain text; write disable or verify-full.")
        default:
            guard let spec = OptionSpec.all(of: driver).first(where: { $0.name.lowercased() == name.lowercased() })
            else {
                throw Self.refusal("\(driver.displayName) has no parameter \(name.onOneLine) in its address.")
            }
            options[spec.name] = .text(value)
        }
    }

    // MARK: Parts

    /// `user@host:port`.
    struct Login: Equatable {
        var user: String?
        var host: String
        var port: String?

        init(_ text: some StringProtocol) throws {
            var rest = Substring(text)
            if let at = rest.lastIndex(of: "@") {
                let user = rest[..<at]
                guard !user.contains(":") else {
                    throw ConnectionURL.refusal(
                        "The address has a password in it, which others on this machine can read; leave it out, and it is "
                            + "asked for, or name its file with --password-file.")
                }
                self.user = try ConnectionURL.decoded(user)
                rest = rest[rest.index(after: at)...]
            }
            if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
                host = String(rest[rest.index(after: rest.startIndex)..<end])
                rest = rest[rest.index(after: end)...]
            } else {
                let name = rest.prefix { $0 != ":" }
                host = try ConnectionURL.decoded(name)
                rest = rest[name.endIndex...]
            }
            if rest.hasPrefix(":") {
                port = String(rest.dropFirst())
            } else if !rest.isEmpty {
                throw ConnectionURL.refusal("\(String(text).onOneLine) is no host.")
            }
            guard !host.isEmpty else { throw ConnectionURL.refusal("\(String(text).onOneLine) has no host.") }
        }
    }

    private static func decoded(_ text: Substring) throws -> String {
        guard let decoded = text.removingPercentEncoding else {
            throw refusal(
                "\(String(text).onOneLine) has a percent sign that is not followed by two hexadecimal digits.")
        }
        return decoded
    }

    /// The driver of a file, by its name.
    private static func fileDriver(of path: String) -> DriverKind? {
        var parts = path.lowercased().split(separator: "/").last?.split(separator: ".").map(String.init) ?? []
        if let last = parts.last, ["gz", "zst"].contains(last) { parts.removeLast() }
        return switch parts.count > 1 ? parts.last : nil {
        case "csv", "tsv": .csv
        case "xlsx", "xlsm", "xls": .excel
        default: nil
        }
    }

    private static func refusal(_ message: String) -> CommandFailure { .setting(message) }
}
