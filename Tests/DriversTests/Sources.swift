import SourceModel

extension DataSource {
    /// A source that is only spoken about.
    static func sample(
        _ driver: DriverKind, password: String? = "secret", encryption: Encryption = .plain
    ) -> DataSource {
        DataSource(
            driver: driver, endpoint: Endpoint(host: "db.test", port: 1234),
            login: SourceModel.Login(username: "ann", password: password.map { Secret($0) }), database: "shop",
            scheme: .direct(encryption), options: SourceOptions())
    }
}

extension Encryption {
    static let trusted = Encryption.tls(ServerTrust(mode: .verifyFull, anchors: nil, serverName: "db.test"))
    /// With a client certificate; nothing here reads it.
    static let identified = Encryption.mutualTLS(
        ServerTrust(mode: .verifyFull, anchors: nil, serverName: "db.test"),
        ClientIdentity(chain: [], key: Secret("key"), expires: 0))
}

/// What a refusal is told as.
struct Told: Sendable {
    var stage: Stage
    var code: FailureCode
    /// Words of the hint, such as the field that is to be mended.
    var hint: String

    init(_ stage: Stage, _ code: FailureCode, _ hint: String) {
        self.stage = stage
        self.code = code
        self.hint = hint
    }
}
