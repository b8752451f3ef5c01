extension FieldDescription {
    /// The fields of a driver in the order in which a form shows them.
    static func all(of driver: DriverKind) -> [FieldDescription] {
        let options: [Field] = OptionSpec.all(of: driver).isEmpty ? [] : [.options]
        // A file's path comes first: alone it is enough.
        let place: [Field] =
            driver.isServer
            ? [.host, .port, .username, .password, .database] : [.database, .host, .port, .username, .password]
        let fields: [Field] =
            [.name, .driver] + place + [
                .ssl, .sslMode, .sslCA, .certificate, .keyfile, .sslServerName, .ssh, .sshHost, .sshPort, .sshUsername,
                .sshPassword, .sshIdentity, .sshTunneling, .sshHostKey,
            ] + options
        return fields.map { FieldDescription($0, of: driver) }
    }

    private init(_ field: Field, of driver: DriverKind) {
        self.field = field
        let required: Set<Field> =
            switch driver {
            case .mysql, .mariadb, .postgres, .sqlserver: [.driver, .host, .username]
            case .mongo, .rest: [.driver, .host]
            case .csv, .excel: [.driver, .database]
            }
        isRequired = required.contains(field)
        meaning = Self.meaning(field, driver)
        defaultValue = Self.defaultValue(field, driver)
        example = Self.example(field, driver)
        choices = field == .sslMode ? ServerTrust.Mode.allCases.map(\.rawValue) : []
        dependsOn =
            switch field {
            case .sslMode, .sslCA, .certificate, .keyfile, .sslServerName: .ssl
            case .sshHost, .sshPort, .sshUsername, .sshPassword, .sshIdentity, .sshTunneling, .sshHostKey: .ssh
            case .name, .driver, .host, .port, .username, .password, .database, .ssl, .ssh, .options: nil
            }
    }

    private static func meaning(_ field: Field, _ driver: DriverKind) -> String {
        switch field {
        case .name: "A label, unique among the records."
        case .driver: "What kind of data source this is."
        case .host:
            driver.isServer
                ? "Where the server listens, as seen from here or from the SSH host: a name or an IP address."
                : "The web server that has the file, as seen from here or from the SSH host. Absent: the file is in "
                    + "the service's file directory, or at the SSH host (SFTP)."
        case .port: driver.isServer ? "The server's port." : "The web server's port."
        case .username: driver.isServer ? "Who logs in." : "Who logs in at the web server (basic authentication)."
        case .password:
            switch driver {
            case .mysql, .mariadb, .postgres, .sqlserver, .mongo: "The login's password."
            case .rest:
                "The login's password; without username a bearer token, or the value of the field options.authHeader."
            case .csv, .excel: "The password there; alone it is a bearer token."
            }
        case .database:
            switch driver {
            case .mysql, .mariadb, .postgres, .sqlserver, .mongo: "The database's name."
            case .rest: "The base path: every path of a statement is below it."
            case .csv, .excel: "The file's path: in the file directory, at the web server or at the SSH host."
            }
        case .ssl: "TLS is required; never falls back to plain text."
        case .sslMode: "How the server's certificate is judged."
        case .sslCA: "Whom to trust: one or more certificates as PEM. Absent: the system's trust store."
        case .certificate: "The client certificate as PEM, with its chain if there is one."
        case .keyfile: "The private key of the client certificate as PEM, not encrypted."
        case .sslServerName: "The name expected in the server's certificate, if it is not host."
        case .ssh: "The data source is reached through an SSH host."
        case .sshHost: "The SSH host: a name or an IP address."
        case .sshPort: "The SSH host's port."
        case .sshUsername: "Who logs in at the SSH host."
        case .sshPassword: "The password at the SSH host; with an encrypted key its passphrase, else the second factor."
        case .sshIdentity: "The private key for the SSH host: OpenSSH, PKCS#1, PKCS#8 or EC; ed25519, ECDSA or RSA."
        case .sshTunneling:
            driver.isServer
                ? "true: the SSH host forwards. false: it does not, and a relay command (nc) runs there."
                : "true: the SSH host forwards to the web server. false: the file is at the SSH host, read by SFTP."
        case .sshHostKey:
            "The SSH host's key: a known_hosts line, a public key line or SHA256:…. Absent: learned and pinned."
        case .options: "Settings of the driver by name."
        }
    }

    private static func defaultValue(_ field: Field, _ driver: DriverKind) -> FieldDefault? {
        switch field {
        case .name: .text("\(driver.rawValue)- and the last 8 characters of the id")
        case .port: .text(defaultPort(driver))
        case .database:
            switch driver {
            case .postgres: .text("the username")
            case .mongo: .text("test")
            case .rest: .text("/")
            case .mysql, .mariadb, .sqlserver, .csv, .excel: nil
            }
        case .ssl, .ssh: .flag(false)
        case .sslMode: .text(ServerTrust.Mode.verifyFull.rawValue)
        case .sslServerName: .text("host")
        case .sshPort: .text(String(SSHDefaults.port))
        case .sshTunneling: .flag(SSHDefaults.tunneling)
        case .driver, .host, .username, .password, .sslCA, .certificate, .keyfile, .sshHost, .sshUsername,
            .sshPassword, .sshIdentity, .sshHostKey, .options:
            nil
        }
    }

    private static func defaultPort(_ driver: DriverKind) -> String {
        let (plain, secure) = (driver.defaultPort(ssl: false), driver.defaultPort(ssl: true))
        return plain == secure ? String(plain) : "\(secure) where ssl is true, else \(plain)"
    }

    private static func example(_ field: Field, _ driver: DriverKind) -> String? {
        switch field {
        case .name: "orders"
        case .driver: driver.rawValue
        case .host: "db.example.com"
        case .port: String(driver.defaultPort(ssl: true))
        case .username: "reader"
        case .database:
            switch driver {
            case .mysql, .mariadb, .postgres, .sqlserver, .mongo: "shop"
            case .rest: "/api/v1"
            case .csv: "orders.csv"
            case .excel: "orders.xlsx"
            }
        case .sslMode: ServerTrust.Mode.verifyFull.rawValue
        case .sslCA, .certificate: "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n"
        case .sslServerName: "db.internal"
        case .sshHost: "bastion.example.com"
        case .sshPort: String(SSHDefaults.port)
        case .sshUsername: "tunnel"
        case .sshHostKey: "SHA256:uNiVztksCsDhcc0u9e8BrrQXVUpKZIDTMczCvj3tD2s"
        case .password, .keyfile, .sshPassword, .sshIdentity, .ssl, .ssh, .sshTunneling, .options: nil
        }
    }
}
