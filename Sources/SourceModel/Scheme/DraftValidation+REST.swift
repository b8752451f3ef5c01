extension DraftValidation {
    /// An HTTP API: dialled like a server, with a login only where one is given.
    mutating func api() -> DataSource {
        let endpoint = endpoint(
            .host, .port, defaultPort: driver.defaultPort(ssl: draft.flag(.ssl) == true),
            because: "\(driver.displayName) is reached by its host")
        let encryption = encryption(host: endpoint.host)
        let scheme: SecurityScheme =
            if let (bastion, passage) = passage() { .ssh(bastion, passage, encryption) } else { .direct(encryption) }
        let options = SourceOptions(draft.options, driver: driver, complaints: &complaints)
        checkLogin(authHeader: options.rest.authHeader)
        checkBasePath()
        if options.rest.pagination == .cursor, options.rest.next == nil {
            complaints.add(
                "options.next", .missingField,
                "options.next is missing: pagination is cursor, and it says where the cursor is in an answer.",
                hint: "Set options.next to a JSON Pointer such as /meta/next_cursor, or to a JSONPath.")
        }
        return DataSource(
            driver: driver, endpoint: endpoint,
            login: Login(username: draft.text(.username), password: draft.secret(.password)),
            database: draft.text(.database), scheme: scheme, options: options)
    }

    /// What goes into a header field must not end it. No secret is in a complaint.
    ///
    /// - Parameter authHeader: the field that the password alone is shown in; nil for one of HTTP's own schemes.
    mutating func checkLogin(authHeader: String?) {
        let username = draft.text(.username).flatMap { $0.isEmpty ? nil : $0 }
        if let header = authHeader {
            if !Self.isFieldName(header) {
                complaints.add(
                    "options.authHeader", .invalidField,
                    "options.authHeader is \(header.quoted), which is no name of a header field, or one that HTTP needs.",
                    hint: "Set options.authHeader to a name such as X-Api-Key.")
            }
            if draft.secret(.password) == nil {
                complaints.add(
                    .password, .missingField, "password is missing: it is the value of the field \(header.quoted).",
                    hint: "Set password, or remove options.authHeader.")
            }
            if username != nil {
                complaints.add(
                    .username, .conflictingFields,
                    "username is set, and options.authHeader says that the password alone is shown.",
                    hint: "Remove username or options.authHeader.")
            }
        } else if let username {
            if username.contains(":") {
                complaints.add(
                    .username, .invalidField, "username contains a colon, which the Basic scheme cannot say.",
                    hint: "Correct username, or give the server's token as password alone.")
            }
            return
        }
        guard let password = draft.secret(.password) else { return }
        let isBearer = authHeader == nil
        let isSafe = password.withUTF8 { bytes in
            bytes.allSatisfy { isBearer ? (0x21...0x7E).contains($0) : $0 >= 0x20 && $0 != 0x7F }
        }
        if !isSafe {
            complaints.add(
                .password, .invalidField,
                isBearer
                    ? "password holds blanks, line breaks or letters that no bearer token has."
                    : "password holds line breaks or other control characters, which no header field has.",
                hint: "Set password to the token alone, without a line break and without the word Bearer"
                    + "\(isBearer ? ", or set username as well." : ".")")
        }
    }

    private mutating func checkBasePath() {
        guard let path = draft.text(.database) else { return }
        let isPlain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39: true
            default: "-._~!$&'()*+,;=:@/%".utf8.contains(byte)
            }
        }
        let dots = path.lowercased().split(separator: "/").map {
            $0.split(separator: "%2e", omittingEmptySubsequences: false)
        }
        .contains { $0.joined(separator: ".") == ".." || $0.joined(separator: ".") == "." }
        guard isPlain, !dots, !path.contains("//") else {
            complaints.add(
                .database, .invalidField,
                "database is \(path.quoted), which is no base path: it takes a path such as /api/v1, with escapes where "
                    + "they are needed, and without host, query, fragment and dots.",
                hint: "Set database to the path that all of the API's paths begin with.")
            return
        }
    }

    /// A token (RFC 9110, section 5.6.2) that is not among the fields that HTTP itself needs.
    private static func isFieldName(_ name: String) -> Bool {
        let reserved = [
            "host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer",
            "expect",
            "proxy-connection", "accept", "accept-encoding", "user-agent", "range", "cookie",
        ]
        return !reserved.contains(name.lowercased())
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
