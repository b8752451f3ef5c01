extension DraftValidation {
    /// Where the data source is, as the fields tell.
    enum Place {
        /// A server that is dialled.
        case server
        /// A file of a web server, perhaps behind an SSH host.
        case web
        /// A file at the SSH host.
        case sftp
        /// A file in the service's file directory.
        case directory
    }

    var place: Place {
        guard !driver.isServer else { return .server }
        guard draft.flag(.ssh) == true else { return has(.host) || draft.flag(.ssl) == true ? .web : .directory }
        return draft.flag(.sshTunneling) ?? SSHDefaults.tunneling ? .web : .sftp
    }

    /// A file that a web server gives: `http://` or, with `ssl`, `https://` at `host`.
    mutating func webFile() -> DataSource {
        let endpoint = endpoint(
            .host, .port, defaultPort: driver.defaultPort(ssl: draft.flag(.ssl) == true),
            because: draft.flag(.ssh) == true
                ? "with ssh and sshTunneling the file is fetched by HTTP from it; set sshTunneling to false for SFTP"
                : "with ssl the file is fetched by HTTPS from it")
        let path = filePath(hint: "Set database to the file's path at the web server, such as /exports/orders.csv.")
        if has(.username), draft.secret(.password) == nil {
            complaints.add(
                .password, .missingField, "password is missing: username is set, and both are sent together.",
                hint: "Set password, or remove username.")
        }
        checkLogin(authHeader: nil)
        let encryption = encryption(host: endpoint.host)
        let scheme: SecurityScheme =
            if let (bastion, passage) = passage() { .ssh(bastion, passage, encryption) } else { .direct(encryption) }
        return source(
            endpoint, Login(username: draft.text(.username), password: draft.secret(.password)), path, scheme)
    }

    /// A file that is read by SFTP at the SSH host.
    mutating func sftpFile() -> DataSource {
        let path = filePath(
            hint:
                "Set database to the file's path at the SSH host; without a leading slash it begins at the login's home."
        )
        refuse(
            [.host, .port, .username, .password, .ssl, .sslMode, .sslCA, .certificate, .keyfile, .sslServerName],
            because: "the file is read by SFTP at the SSH host (ssh is true, sshTunneling false)",
            hint: "set sshTunneling to true to fetch the file by HTTP through the SSH host")
        let bastion = passage()?.0
        let scheme: SecurityScheme = bastion.map { .ssh($0, .sftp, .plain) } ?? .direct(.plain)
        return source(nil, Login(username: nil, password: nil), path, scheme)
    }

    /// A file in the service's file directory: it has a path and nothing on the way to it.
    mutating func localFile() -> DataSource {
        let path = filePath(hint: "Set database to the file's path within the service's file directory.")
        refuse(
            [.port, .username, .password, .sslMode, .sslCA, .certificate, .keyfile, .sslServerName],
            because: "the file is in the service's own directory (host is not set, ssh not true)",
            hint: "set host to fetch the file from a web server")
        refuseUnusedSSH()
        return source(nil, Login(username: nil, password: nil), path, .direct(.plain))
    }

    private func has(_ field: Field) -> Bool { draft.text(field) != nil }

    private mutating func filePath(hint: String) -> String {
        let path = required(
            .database, because: "it says which file \(driver.displayName) reads", hint: hint)
        if path.unicodeScalars.contains(where: \.isControl) {
            complaints.add(.database, .invalidField, "database has a control character in it.", hint: hint)
        }
        return path
    }

    /// Refuses what would never be used.
    private mutating func refuse(_ fields: [Field], because reason: String, hint: String) {
        for field in fields where draft.values[field] != nil && draft.flag(field) != false {
            complaints.add(
                field, .conflictingFields, "\(field.rawValue) is set, but \(reason).",
                hint: "Remove \(field.rawValue), or \(hint).")
        }
    }

    private mutating func source(
        _ endpoint: Endpoint?, _ login: Login, _ path: String, _ scheme: SecurityScheme
    ) -> DataSource {
        let options = SourceOptions(draft.options, driver: driver, complaints: &complaints)
        return DataSource(
            driver: driver, endpoint: endpoint, login: login, database: path, scheme: scheme, options: options)
    }
}
