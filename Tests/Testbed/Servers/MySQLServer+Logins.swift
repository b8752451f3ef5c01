extension MySQLServer {
    /// The logins of every instance, and who of them may come in how.
    package enum Logins {
        /// `caching_sha2_password`: the ordinary one. Reads and writes in ``MySQLServer/database``.
        package static let cachingSHA2 = Login("sha2", "sha2 pass")
        /// `sha256_password`, where the version still has it: see ``MySQLServer/has(plugin:)``.
        package static let sha256 = Login("sha256", "sha256 pass")
        /// `mysql_native_password`, where the version still has it: see ``MySQLServer/has(plugin:)``.
        package static let native = Login("native", "native pass")
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
        /// `PASSWORD EXPIRE`.
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
            let all = "select, insert, update, delete, create, drop"
            var lines = [
                create(superuser), "grant all on *.* to \(name(superuser)) with grant option;",
                "create database \(database);", "create database \(forbiddenDatabase);", "use \(database);",
                "create table orders (id int primary key, customer text, total decimal(10, 2), placed date);",
                "insert into orders with recursive n (i) as (select 1 union all select i + 1 from n where i < 100) "
                    + "select i, concat('Customer ', i), i * 1.25, date '2024-01-01' + interval i day from n;",
            ]
            let made: [(login: Login, options: String, host: String, rights: String)] = [
                (cachingSHA2, "", "%", all), (noPassword, "", "%", all), (exotic, "", "%", all),
                (readOnly, "", "%", "select"), (tlsOnly, "require ssl", "%", all),
                (certificate, "require x509", "%", all),
                (subject, "require subject '/O=Wellhead Testbed/CN=\(subject.username)'", "%", all),
                (locked, "account lock", "%", all), (expired, "password expire", "%", all),
                (otherHost, "", "192.0.2.1", all), (limited, "with max_user_connections 1", "%", all),
            ]
            for (login, options, host, rights) in made {
                lines.append(create(login, options, host: host))
                lines.append("grant \(rights) on \(database).* to \(name(login, host: host));")
            }
            return lines.joined(separator: "\n")
        }()

        static func create(_ login: Login, plugin: String) -> String {
            "create user \(name(login)) identified with \(plugin) by \(literal(login.password));\n"
                + "grant select, insert, update, delete, create, drop on \(database).* to \(name(login));"
        }

        private static func create(_ login: Login, _ options: String = "", host: String = "%") -> String {
            "create user \(name(login, host: host)) identified with caching_sha2_password "
                + "by \(literal(login.password)) \(options);"
        }

        private static func name(_ login: Login, host: String = "%") -> String {
            literal(login.username) + "@" + literal(host)
        }

        private static func literal(_ text: String) -> String { Login.quoted(text, backslashes: true) }
    }
}
