import Testbed

extension Fault {
    private static func strange(
        _ name: String, _ driver: String, _ stage: String, _ code: String, timeout: Int? = nil,
        _ behaviour: FaultyServer.Behaviour, _ fields: [String: JSON] = [:]
    ) -> Fault {
        Fault(
            "\(driver): \(name)\(fields.isEmpty ? "" : " and TLS")", stage, code, timeout: timeout, peer: behaviour,
            body: { peer(driver, $0, fields) })
    }

    private static let tls: [String: JSON] = ["ssl": true]

    /// Whatever else may answer at a port: other protocols, garbage, silence.
    static let ofPeers: [Fault] =
        ["postgres", "mysql", "sqlserver"].flatMap { driver -> [Fault] in
            // PostgreSQL and SQL Server are first asked whether they have TLS, MySQL is first listened to; and whoever
            // hangs up on bytes that it has not read sends a reset.
            let tlsStage = driver == "mysql" ? "login" : "tls"
            let close: FaultyServer.Behaviour = driver == "mysql" ? .close : .closes(afterReceiving: 1)
            return [
                strange("a web server", driver, "login", "not_this_driver", .says(Banners.http)),
                strange("an SSH server", driver, "login", "not_this_driver", .says(Banners.ssh)),
                strange("a mail server", driver, "login", "not_this_driver", .says(Banners.smtp)),
                strange("Redis", driver, "login", "not_this_driver", .says(Banners.redis)),
                strange("garbage", driver, "login", "not_this_driver", .says(Banners.garbage)),
                strange("garbage", driver, "login", "not_this_driver", .says(Banners.garbage), tls),
                strange("a flood", driver, "login", "not_this_driver", .floods(Array("blah ".utf8))),
                strange("silence", driver, "login", "deadline_exceeded", timeout: 2, .silent),
                strange("silence", driver, tlsStage, "deadline_exceeded", timeout: 2, .silent, tls),
                strange("a close", driver, "login", "server_closed", close),
                strange("a close", driver, tlsStage, "server_closed", close, tls),
            ]
        } + [
            Fault(
                "postgres: a server that offers TLS and speaks something else", "tls", "tls_handshake_failed",
                peer: .answers([Array("S".utf8), Banners.http]), body: { peer("postgres", $0, tls) }),
            Fault(
                "postgres: bytes between the offer of TLS and its start", "tls", "tls_handshake_failed",
                peer: .answers([Array("SS".utf8)]), body: { peer("postgres", $0, tls) }),
            strange(
                "a byte a second", "mysql", "login", "deadline_exceeded", timeout: 3,
                .trickles(Banners.mySQLGreeting(), every: .seconds(1))),
            Fault("mysql: a PostgreSQL server", "login", "deadline_exceeded", timeout: 2) { ground in
                let database = try ground.database(.postgres)
                return Scene(body: peer("mysql", database.port), guests: { try await database.sessions() })
            },
            Fault("postgres: a MariaDB server", "login", "not_this_driver") { ground in
                let database = try ground.database(.mariaDB)
                return Scene(body: peer("postgres", database.port), guests: { try await database.sessions() })
            },
        ]
}
