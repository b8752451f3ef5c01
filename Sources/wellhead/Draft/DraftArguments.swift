import ArgumentParser
import Foundation
import SourceModel

/// A data source as it is described on the command line. Secrets are no arguments: they come from files, from standard
/// input, or are typed without echo.
struct DraftArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The data source: postgres://user@host/database, mysql://…, https://host/path, sftp://user@host/file.csv, "
                + "or a file's path.", valueName: "address"))
    var address: String

    @Option(help: "A label, unique among the data sources.")
    var name: String?

    @Option(help: "The driver, where the address does not tell (see wellhead drivers).", transform: Self.driver)
    var driver: DriverKind?

    @Option(help: "The database's name, or the file's path.")
    var database: String?

    @Option(help: "A file with the password; - reads standard input.")
    var passwordFile: String?

    @Flag(help: "Asks for no password of the data source; the SSH host's is still asked for.")
    var noPassword = false

    @Flag(help: "Requires TLS.")
    var ssl = false

    @Option(help: "verify-full, verify-ca or require.")
    var sslMode: String?

    @Option(help: "A file with the certificates to trust.", completion: .file())
    var sslCa: String?

    @Option(help: "The name expected in the server's certificate.")
    var sslServerName: String?

    @Option(help: "A file with the client certificate.", completion: .file())
    var certificate: String?

    @Option(name: .customLong("key"), help: "A file with the client certificate's key.", completion: .file())
    var keyFile: String?

    @Option(help: "The SSH host to go through: user@host or user@host:port.")
    var ssh: String?

    @Option(help: "A file with the private key for the SSH host.", completion: .file())
    var sshKey: String?

    @Option(help: "A file with the SSH password or the key's passphrase; - reads standard input.")
    var sshPasswordFile: String?

    @Option(help: "The SSH host's key: a known_hosts line, a public key line or SHA256:….")
    var sshHostKey: String?

    @Flag(help: "The SSH host does not forward: databases by a relay command there, files by SFTP.")
    var sshNoForwarding = false

    @Option(name: .customLong("option"), help: "A driver's option as name=value; repeat it for more.")
    var options: [String] = []

    private static func driver(_ text: String) throws -> DriverKind {
        guard let kind = DriverKind(spelling: text) else {
            throw ValidationError("There is no driver \"\(text)\"; wellhead drivers lists what there is.")
        }
        return kind
    }

    /// The body of the call; asks for what is missing where there is a terminal.
    ///
    /// - Throws: `CommandFailure`.
    func body() throws -> [String: JSONValue] {
        let address = try ConnectionURL(address, driver: driver)
        var body = address.fields
        for (field, value) in [
            ("name", name), ("database", database), ("sslMode", sslMode), ("sslServerName", sslServerName),
            ("sshHostKey", sshHostKey),
        ] {
            if let value { body[field] = .text(value) }
        }
        // Whoever says how to judge a certificate wants one.
        if ssl || sslCa != nil || sslMode != nil || certificate != nil { body["ssl"] = .flag(true) }
        try addSSH(to: &body)
        for (field, path) in [
            ("sslCA", sslCa), ("certificate", certificate), ("keyfile", keyFile), ("sshIdentity", sshKey),
        ] {
            if let path { body[field] = .text(try SecretInput.text(ofFile: path)) }
        }
        try addSecrets(to: &body)
        let all = try options.reduce(into: address.options) { all, option in
            let pair = option.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2 else {
                throw CommandFailure.setting("--option takes name=value, not \(option.onOneLine).")
            }
            all[pair[0]] = .text(pair[1])
        }
        if !all.isEmpty { body["options"] = .object(all) }
        return body
    }

    private func addSSH(to body: inout [String: JSONValue]) throws {
        if let ssh {
            let login = try ConnectionURL.Login(ssh)
            body["ssh"] = .flag(true)
            body["sshHost"] = .text(login.host)
            if let user = login.user { body["sshUsername"] = .text(user) }
            if let port = login.port { body["sshPort"] = .text(port) }
            body["sshTunneling"] = .flag(!sshNoForwarding)
        } else if sshNoForwarding || sshKey != nil || sshPasswordFile != nil, body["ssh"] == nil {
            throw CommandFailure.setting("Name the SSH host with --ssh user@host.")
        }
    }

    private func addSecrets(to body: inout [String: JSONValue]) throws {
        guard passwordFile != "-" || sshPasswordFile != "-" else {
            throw CommandFailure.setting("Only one of --password-file and --ssh-password-file can be standard input.")
        }
        if let secret = try sshSecret(body) { body["sshPassword"] = .text(secret) }
        if let passwordFile {
            body["password"] = .text(try SecretInput.line(ofFile: passwordFile))
        } else if !noPassword, let user = body["username"]?.text {
            let host = body["host"]?.text ?? ""
            if let typed = try SecretInput.typed("Password of \(user) at \(host) (empty for none): ") {
                body["password"] = .text(typed)
            }
        }
    }

    private func sshSecret(_ body: [String: JSONValue]) throws -> String? {
        guard body["ssh"] == .flag(true) else { return nil }
        if let sshPasswordFile { return try SecretInput.line(ofFile: sshPasswordFile) }
        let host = body["sshHost"]?.text ?? ""
        guard let key = body["sshIdentity"]?.text else {
            return try SecretInput.typed("Password of \(body["sshUsername"]?.text ?? "") at the SSH host \(host): ")
        }
        guard SSHKeyText.isEncrypted(Secret(key)) else { return nil }
        return try SecretInput.typed("Passphrase of the SSH key: ")
    }
}
