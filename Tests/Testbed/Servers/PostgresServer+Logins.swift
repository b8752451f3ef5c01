extension PostgresServer {
    /// The logins of every instance, and who of them may come in how.
    package enum Logins {
        /// SCRAM-SHA-256: the ordinary one. Reads and writes in ``PostgresServer/database``.
        package static let scram = Login("scram", "scram pass")
        /// MD5.
        package static let md5 = Login("md5", "md5 pass")
        /// The password in clear text.
        package static let cleartext = Login("cleartext", "cleartext pass")
        /// No password at all.
        package static let trust = Login("trusted", "")
        /// A client certificate instead of a password (`cert`).
        package static let certificate = Login("mutual", "")
        /// A client certificate of the right authority and a password (`clientcert=verify-ca`).
        package static let certificateAndPassword = Login("mutualpass", "mutual pass")
        /// TLS only: without it the server says that it has no entry for this login.
        package static let tlsOnly = Login("tlsonly", "tlsonly pass")
        /// Refused by `pg_hba.conf`.
        package static let rejected = Login("rejected", "rejected pass")
        /// Its password ended in the year 2020 (`VALID UNTIL`).
        package static let expired = Login("expired", "expired pass")
        /// May not log in (`NOLOGIN`).
        package static let nologin = Login("nologin", "nologin pass")
        /// One connection at a time (`CONNECTION LIMIT 1`).
        package static let limited = Login("limited", "limited pass")
        /// May do everything.
        package static let superuser = Login("chief", "chief pass")
        /// May only read.
        package static let readOnly = Login("reader", "reader pass")
        /// Blanks, quotes, a backslash, non-ASCII and an emoji in name and password.
        package static let exotic = Login.exotic

        /// The `pg_hba.conf` of the default instance, first match wins.
        package static let hba: [String] = [
            "host    \(rejectedDatabase) all         all  reject",
            "host    all     \(rejected.username)    all  reject",
            "hostnossl all   \(certificate.username),\(certificateAndPassword.username),\(tlsOnly.username) all reject",
            "hostssl all     \(certificate.username) all  cert",
            "hostssl all     \(certificateAndPassword.username) all scram-sha-256 clientcert=verify-ca",
            "host    all     \(trust.username)       all  trust",
            "host    all     \(md5.username)         all  md5",
            "host    all     \(cleartext.username)   all  password",
            "host    all     all                     all  scram-sha-256",
        ]

        static let sql: String = {
            let ordinary = [
                scram, cleartext, trust, certificate, certificateAndPassword, tlsOnly, rejected, exotic, readOnly,
            ]
            var lines = ordinary.map { create($0) }
            lines += [
                "set password_encryption = 'md5';", create(md5), "reset password_encryption;",
                create(expired, "valid until '2020-01-01'"),
                "create role \(nologin.username) nologin password \(literal(nologin.password));",
                create(limited, "connection limit 1"),
                create(superuser, "superuser"),
            ]
            for database in [database, rejectedDatabase, forbiddenDatabase] {
                lines.append("create database \(database);")
            }
            lines += [
                "revoke connect on database \(forbiddenDatabase) from public;",
                "\\connect \(database)",
                "create table orders (id int primary key, customer text, total numeric(10, 2), placed date);",
                "insert into orders select i, 'Customer ' || i, i * 1.25, date '2024-01-01' + i "
                    + "from generate_series(1, 100) i;",
                "grant create on schema public to \(scram.username);",
                "grant select, insert, update, delete on orders to \(scram.username);",
                "grant select on orders to public;",
            ]
            return lines.joined(separator: "\n")
        }()

        private static func create(_ login: Login, _ options: String = "") -> String {
            let name = "\"" + login.username.replacing("\"", with: "\"\"") + "\""
            let password = login.password.isEmpty ? "" : "password " + literal(login.password)
            return "create role \(name) login \(options) \(password);"
        }

        private static func literal(_ text: String) -> String { Login.quoted(text, backslashes: false) }
    }
}
