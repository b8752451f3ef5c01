import Foundation
import Synchronization
import Testbed
import Testing

/// One PostgreSQL server for this process's tests, on the loopback, with a login for each way in.
struct LocalPostgres: Sendable {
    struct Login: Sendable, CustomTestStringConvertible {
        var user: String
        var password: String
        var testDescription: String { user }
    }

    static let scram = Login(user: "scram", password: "scram pass")
    static let md5 = Login(user: "md5", password: "md5 pass")
    static let cleartext = Login(user: "cleartext", password: "cleartext pass")
    static let trusted = Login(user: "trusted", password: "")
    static let chief = Login(user: "chief", password: "chief pass")
    /// Passwords that normalisation, quoting or encoding could damage.
    static let exotic: [Login] = [
        "@ : / % # ? \" ' \\ $$ {}", "grüße 🐘 naïve", "\u{FB01}sh \u{2168}", "a\u{0308}o\u{00AD}", "\u{A0}nbsp\u{3000}",
        "\u{FB01} 🐘 mixed", "שלום", "שלום latin \u{FB01}", "\u{E000}private \u{FB01}", "\u{0641}\u{0651}\u{FEFB}",
        "ｆｕｌｌｗｉｄｔｈ", "\u{7F}del \u{B2}", "x\u{200D}\u{FE0F}y", "\u{0340}\u{FB01}",
    ].enumerated().map { Login(user: "exotic \($0) \"'ö", password: $1) }

    let port: Int

    /// The server; it is started at first use and stopped when the process ends.
    static let shared = Result { try start() }

    private static let process = Mutex<Process?>(nil)

    private static func start() throws -> LocalPostgres {
        let folder = FileManager.default.temporaryDirectory.appending(path: "pgwire-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let port = try FreePort.next()
        let quoted = { (text: String) in "'" + text.replacingOccurrences(of: "'", with: "''") + "'" }
        let named = { (text: String) in "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\"" }
        var sql = ["set standard_conforming_strings = on;", "create database wellhead;"]
        for login in [scram, cleartext, trusted] + exotic {
            sql.append("create role \(named(login.user)) login password \(quoted(login.password));")
        }
        sql.append("create role chief superuser login password \(quoted(chief.password));")
        sql.append("set password_encryption = 'md5'; create role md5 login password \(quoted(md5.password));")
        try sql.joined(separator: "\n").write(
            to: folder.appending(path: "logins.sql"), atomically: true, encoding: .utf8)
        let script = """
            set -e
            cd "$1"
            as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
            if [ "$(id -u)" = 0 ]; then chown -R postgres . ; fi
            bin=/usr/lib/postgresql/15/bin
            as $bin/initdb -N -A trust -U postgres -E UTF8 --locale=C.UTF-8 -D data > init.log 2>&1
            openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=db.test -keyout key -out cert -days 30 2> /dev/null
            chmod 600 key
            if [ "$(id -u)" = 0 ]; then chown postgres key cert; fi
            cat > data/pg_hba.conf <<END
            local all all trust
            host all trusted all trust
            host all md5 all md5
            host all cleartext all password
            host all all all scram-sha-256
            END
            cat >> data/postgresql.conf <<END
            listen_addresses = '127.0.0.1'
            port = $2
            unix_socket_directories = '$1'
            ssl = on
            ssl_cert_file = '$1/cert'
            ssl_key_file = '$1/key'
            fsync = off
            END
            as $bin/postgres -D data > server.log 2>&1 &
            server=$!
            until as $bin/psql -q -h "$1" -p "$2" -U postgres -f logins.sql > sql.log 2>&1; do
                kill -0 $server
                sleep 0.1
            done
            echo ready
            exec > /dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
            while kill -0 "$3" && kill -0 $server; do sleep 0.5; done
            as $bin/pg_ctl -D data -m immediate stop
            cd /
            rm -rf "$1"
            """
        // The script runs as long as this process does, and holds none of its pipes.
        let shell = Process()
        let output = Pipe()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", script, "sh", folder.path, String(port), String(getpid())]
        shell.standardInput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        shell.standardOutput = output
        try shell.run()
        process.withLock { $0 = shell }
        guard let line = try output.fileHandleForReading.read(upToCount: 5), line == Data("ready".utf8) else {
            throw CocoaError(.executableLoad)
        }
        return LocalPostgres(port: port)
    }
}
