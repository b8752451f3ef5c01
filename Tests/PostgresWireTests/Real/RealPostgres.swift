import Testbed

/// The server that this process's tests share, with a login for each password that could be damaged on its way.
enum RealPostgres {
    typealias Logins = PostgresServer.Logins

    /// Passwords that normalisation, quoting or encoding could damage.
    static let exotic: [Login] = [
        "@ : / % # ? \" ' \\ $$ {}", "grüße 🐘 naïve", "\u{FB01}sh \u{2168}", "a\u{0308}o\u{00AD}", "\u{A0}nbsp\u{3000}",
        "\u{FB01} 🐘 mixed", "שלום", "שלום latin \u{FB01}", "\u{E000}private \u{FB01}", "\u{0641}\u{0651}\u{FEFB}",
        "ｆｕｌｌｗｉｄｔｈ", "\u{7F}del \u{B2}", "x\u{200D}\u{FE0F}y", "\u{0340}\u{FB01}",
    ].enumerated().map { Login("exotic \($0) \"'ö", $1) }

    private static let ready = Task {
        let server = try await Testbed.shared.postgres()
        let statements = exotic.map { login in
            let name = "\"" + login.username.replacing("\"", with: "\"\"") + "\""
            return "create role \(name) login password \(Login.quoted(login.password, backslashes: false));"
        }
        try await server.admin(statements.joined(separator: "\n"))
        return server
    }

    /// The port on the loopback, once the server takes all these logins.
    static var port: Int { get async throws { try await ready.value.port } }
}
