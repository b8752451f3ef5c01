extension MariaDBServer {
    /// The logins of every instance, and who of them may come in how.
    package enum Logins {
        /// `mysql_native_password`: the ordinary one. Reads and writes in ``MariaDBServer/database``.
        package static let native = Login("native", "native pass")
        /// `ed25519`.
        package static let ed25519 = Login("eddie", "eddie pass")
        /// No password at all.
        package static let noPassword = Login("open", "")
        /// `REQUIRE SSL`.
        package static let tlsOnly = Login("tlsonly", "tlsonly pass")
        /// `REQUIRE X509`: any client certificate of the right authority.
        package static let certificate = Login("mutual", "mutual pass")
        /// `REQUIRE SUBJECT`: the client certificate whose common name is the login.
        package static let subject = Login("subject", "subject pass")
        /// `ACCOUNT LOCK`.
        package static let locked = Login("locked", "locked pass")
        /// `PASSWORD EXPIRE`, and the server disconnects who has an expired password.
        package static let expired = Login("expired", "expired pass")
        /// May come from 192.0.2.1 alone, so never from here.
        package static let otherHost = Login("elsewhere", "elsewhere pass")
        /// `MAX_USER_CONNECTIONS 1`.
        package static let limited = Login("limited", "limited pass")
        /// May do everything.
        package static let superuser = Login("chief", "chief pass")
        /// May only read.
        package static let readOnly = Login("reader", "reader pass")
        /// Blanks, quotes, a backslash, non-ASCII and an emoji in name and password.
        package static let exotic = Login.exotic

        static let sql: String = {
            var lines = ["install soname 'auth_ed25519';", "set global disconnect_on_expired_password = on;"]
            lines += [
                create(native), create(noPassword), create(readOnly), create(exotic),
                "create user \(name(ed25519)) identified via ed25519 using password(\(literal(ed25519.password)));",
                create(tlsOnly, "require ssl"),
                create(certificate, "require x509"),
                create(subject, "require subject '/O=Wellhead Testbed/CN=\(subject.username)'"),
                create(locked, "account lock"),
                create(expired, "password expire"),
                create(otherHost, host: "192.0.2.1"),
                create(limited, "with max_user_connections 1"),
                create(superuser),
                "grant all on *.* to \(name(superuser)) with grant option;",
                "create database \(database);", "create database \(forbiddenDatabase);", "use \(database);",
                "create table orders (id int primary key, customer text, total decimal(10, 2), placed date);",
                "insert into orders select seq, concat('Customer ', seq), seq * 1.25, date '2024-01-01' + interval "
                    + "seq day from seq_1_to_100;",
                "grant select on \(database).* to \(name(readOnly));",
            ]
            lines += [native, noPassword, exotic, ed25519, tlsOnly, certificate, subject, locked, expired, limited]
                .map { "grant select, insert, update, delete, create, drop on \(database).* to \(name($0));" }
            lines.append("grant select on \(database).* to \(name(otherHost, host: "192.0.2.1"));")
            return lines.joined(separator: "\n")
        }()

        private static func create(_ login: Login, _ options: String = "", host: String = "%") -> String {
            "create user \(name(login, host: host)) identified by \(literal(login.password)) \(options);"
        }

        private static func name(_ login: Login, host: String = "%") -> String {
            literal(login.username) + "@" + literal(host)
        }

        private static func literal(_ text: String) -> String { Login.quoted(text, backslashes: true) }
    }
}
