import Foundation
import NIOCore
import NIOPosix

@testable import MySQLWire

/// A MariaDB server on a free loopback port with data of its own; it ends with the test process, whichever way that
/// ends, because a shell waits for the end of a pipe that only this process holds.
final class LocalMariaDB: Sendable {
    static let shared = Task { try await LocalMariaDB.start() }

    let port: Int
    let directory: String
    private let process: Process
    private let leash: Pipe

    private init(port: Int, directory: String, process: Process, leash: Pipe) {
        self.port = port
        self.directory = directory
        self.process = process
        self.leash = leash
    }

    struct DidNotStart: Error { let log: String }

    static func start(options: [String] = []) async throws -> LocalMariaDB {
        let directory = NSTemporaryDirectory() + "wellhead-mariadb-" + UUID().uuidString
        let port = try await freePort()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        let script = """
            set -e
            d='\(directory)'; mkdir -p "$d/data"
            trap 'rm -rf "$d"' EXIT
            openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=db.test -addext subjectAltName=DNS:db.test \
              -keyout "$d/key.pem" -out "$d/cert.pem" 2>/dev/null
            as=
            if [ "$(id -u)" = 0 ]; then
              chown -R nobody "$d"; chmod 755 "$d"; as='setpriv --reuid nobody --clear-groups'
            fi
            $as mariadb-install-db --no-defaults --datadir="$d/data" --auth-root-authentication-method=normal \
              --skip-test-db >"$d/install.log" 2>&1 </dev/null
            $as mariadbd --no-defaults --datadir="$d/data" --socket="$d/s" --port=\(port) --bind-address=127.0.0.1 \
              --ssl-ca="$d/cert.pem" --ssl-cert="$d/cert.pem" --ssl-key="$d/key.pem" --local-infile=1 \
              --max-allowed-packet=256M --plugin-load-add=auth_ed25519 \(options.joined(separator: " ")) \
              2>&1 </dev/null &
            p=$!
            read _ || true
            kill $p; wait $p || true
            """
        process.arguments = ["-c", script]
        let leash = Pipe()
        let output = Pipe()
        process.standardInput = leash
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let log = await withCheckedContinuation { continuation in
            let reader = output.fileHandleForReading
            DispatchQueue.global().async {
                var log = Data()
                while true {
                    let piece = reader.availableData
                    log += piece
                    if piece.isEmpty || String(decoding: log, as: UTF8.self).contains("ready for connections") { break }
                }
                continuation.resume(returning: String(decoding: log, as: UTF8.self))
                // The server must never wait for somebody to read its log.
                while !reader.availableData.isEmpty {}
            }
        }
        guard log.contains("ready for connections") else { throw DidNotStart(log: log) }
        return LocalMariaDB(port: port, directory: directory, process: process, leash: leash)
    }

    /// Ends the server and waits for its end.
    func stop() {
        try? leash.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    private static func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        try await channel.close()
        return port
    }

    /// A connected channel that reads nothing yet.
    func dial() async throws -> any Channel {
        try await Self.dial(port: port)
    }

    static func dial(port: Int) async throws -> any Channel {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: port).get()
    }

    func connect(
        _ username: String = "root", password: String? = nil, database: String? = nil, upgrade: TLSUpgrade? = nil
    ) async throws -> MySQLConnection {
        try await MySQLConnection.open(
            on: dial(),
            configuration: .init(username: username, password: password, database: database, upgrade: upgrade))
    }
}
