extension DataSourceDraft {
    /// Reads the fields together into a data source that cannot be wrong.
    ///
    /// - Throws: one failure of the stage `validate` with every field that stands in the way.
    package func validated() throws(SourceFailure) -> DataSource {
        let driver = try driver()
        var validation = DraftValidation(self, driver: driver)
        let source =
            switch validation.place {
            case .server: driver == .rest ? validation.api() : validation.server()
            case .web: validation.webFile()
            case .sftp: validation.sftpFile()
            case .directory: validation.localFile()
            }
        if let failure = validation.complaints.failure { throw failure }
        return source
    }

    /// The driver that the fields are judged by; without one nothing else can be judged.
    private func driver() throws(SourceFailure) -> DriverKind {
        let known = DriverKind.allCases.map(\.rawValue)
        let choice = "Set driver to \(known.alternatives)."
        func failure(_ code: FailureCode, _ message: String, _ hint: String) -> SourceFailure {
            SourceFailure(
                .validate, code, message, hint: hint,
                fields: [FieldComplaint(field: Field.driver.rawValue, code: code, message: message)])
        }
        guard let spelling = text(.driver)?.trimmedBlanks, !spelling.isEmpty else {
            throw failure(.missingField, "driver is missing: it says what kind of data source this is.", choice)
        }
        guard let driver = DriverKind(spelling: spelling) else {
            let nearest = NearestName.to(spelling, among: known + DriverKind.allCases.flatMap(\.aliases))
            throw failure(
                .unsupportedDriver,
                "There is no driver \(spelling.quoted)\(nearest.map { "; the nearest is \($0)" } ?? "").",
                choice)
        }
        return driver
    }
}

extension DraftValidation {
    /// A database server: dialled, logged in to, perhaps through SSH, perhaps by TLS.
    mutating func server() -> DataSource {
        let reason = "\(driver.displayName) is reached by its host"
        let defaultPort = driver.defaultPort(ssl: draft.flag(.ssl) == true)
        let (endpoint, instance) =
            driver == .sqlserver
            ? sqlServerEndpoint(defaultPort: defaultPort, because: reason)
            : (endpoint(.host, .port, defaultPort: defaultPort, because: reason), nil)
        // MongoDB also lets in by certificate alone, and where it has no access control without any login.
        let username =
            driver == .mongo
            ? draft.text(.username) : required(.username, because: "\(driver.displayName) asks who logs in")
        let encryption = encryption(host: endpoint.host)
        let scheme: SecurityScheme =
            if let (bastion, passage) = passage() { .ssh(bastion, passage, encryption) } else { .direct(encryption) }
        var options = SourceOptions(draft.options, driver: driver, complaints: &complaints)
        if driver == .sqlserver { options.sqlServer = complete(options.sqlServer, instance: instance) }
        if driver == .mongo { checkMongo(options.mongo, endpoint, username: username, encryption) }
        return DataSource(
            driver: driver, endpoint: endpoint,
            login: Login(username: username, password: draft.secret(.password)), database: draft.text(.database),
            scheme: scheme, options: options)
    }

    /// What MongoDB's fields and options say together.
    private mutating func checkMongo(
        _ options: MongoOptions, _ endpoint: Endpoint, username: String?, _ encryption: Encryption
    ) {
        if draft.secret(.password) != nil, username == nil {
            complaints.add(
                .username, .missingField, "username is missing: password is somebody's.",
                hint: "Set username, or leave password out.")
        }
        if options.mechanism == .x509, encryption.identity == nil {
            complaints.add(
                "options.authMechanism", .conflictingFields,
                "options.authMechanism is MONGODB-X509, and there is no client certificate.",
                hint: "Set ssl to true, and certificate and keyfile.")
        }
        if options.isServiceName, endpoint.host.contains(":") || endpoint.host.last?.isNumber == true {
            complaints.add(
                "options.srv", .conflictingFields, "options.srv is true, and host is an address, not a service's name.",
                hint: "Set host to the name that follows mongodb+srv://, or options.srv to false.")
        }
        if options.isServiceName, !options.seeds.isEmpty {
            complaints.add(
                "options.seeds", .conflictingFields, "options.seeds and options.srv exclude each other.",
                hint: "Remove one of options.seeds and options.srv.")
        }
    }
}
