import ArgumentParser
import Configuration
import Foundation

/// The flags of `serve`. Each can also stand in the environment and in the configuration file; a flag wins over the
/// environment, the environment over the file, the file over the default.
struct ServeOptions: ParsableArguments {
    @Option(help: "Where records and keys are kept (default: ./data; WELLHEAD_DATA).")
    var data: String?

    @Option(help: "The address to listen on (default: 127.0.0.1; WELLHEAD_HOST).")
    var host: String?

    @Option(help: "The port to listen on (default: 1337; WELLHEAD_PORT).")
    var port: Int?

    @Option(help: "Where CSV files and workbooks are read from (default: files in the data directory; WELLHEAD_FILES).")
    var files: String?

    @Option(help: "A JSON file with these settings, such as {\"port\": 8080} (WELLHEAD_CONFIG).")
    var config: String?

    @Option(help: "Data sources that may be reached: addresses, CIDR ranges, names, *.names (WELLHEAD_SOURCE_ALLOW).")
    var sourceAllow: String?

    @Option(help: "Data sources that may not be reached; wins over allow (WELLHEAD_SOURCE_DENY).")
    var sourceDeny: String?

    @Option(help: "SSH hosts that may be reached (WELLHEAD_SSH_ALLOW).")
    var sshAllow: String?

    @Option(help: "SSH hosts that may not be reached; wins over allow (WELLHEAD_SSH_DENY).")
    var sshDeny: String?

    @Option(help: "Addresses of names, before any name server: name=address, … (WELLHEAD_HOSTS).")
    var hosts: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical (default: info; WELLHEAD_LOG_LEVEL).")
    var logLevel: String?

    @Option(help: "Serves HTTPS with this certificate chain, a PEM file (WELLHEAD_TLS_CERTIFICATE).")
    var tlsCertificate: String?

    @Option(help: "The certificate's private key, a PEM file (WELLHEAD_TLS_KEY).")
    var tlsKey: String?

    @Option(help: "Seconds that a login with a password holds (default: 3600; WELLHEAD_LOGIN_LIFETIME).")
    var loginLifetime: Int?

    @Option(
        help: "Failed logins that an address or a user may have in a minute (default: 20; WELLHEAD_LOGIN_FAILURES).")
    var loginFailures: Int?

    @Option(help: "Rows that a statement may ask for, at most (default: 1000000; WELLHEAD_QUERY_ROWS).")
    var queryRows: Int?

    @Option(help: "Bytes that a result may have, at most (default: 1073741824; WELLHEAD_QUERY_BYTES).")
    var queryBytes: Int?

    @Option(help: "Seconds that a statement may ask for, at most (default: 600; WELLHEAD_QUERY_SECONDS).")
    var querySeconds: Int?

    @Option(help: "Bytes that an upload to /files may have, at most (default: 1073741824; WELLHEAD_UPLOAD_BYTES).")
    var uploadBytes: Int?

    /// The flags that were given, under the keys that file and environment use.
    var provider: InMemoryProvider {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        let texts: [(ServeSettings.Key, String?)] = [
            (.data, data), (.host, host), (.files, files), (.sourceAllow, sourceAllow), (.sourceDeny, sourceDeny),
            (.sshAllow, sshAllow), (.sshDeny, sshDeny), (.hosts, hosts), (.logLevel, logLevel),
            (.tlsCertificate, tlsCertificate), (.tlsKey, tlsKey),
        ]
        for (key, text) in texts {
            if let text { values[AbsoluteConfigKey([key.rawValue])] = ConfigValue(.string(text), isSecret: false) }
        }
        let numbers: [(ServeSettings.Key, Int?)] = [
            (.port, port), (.loginLifetime, loginLifetime), (.loginFailures, loginFailures), (.queryRows, queryRows),
            (.queryBytes, queryBytes), (.querySeconds, querySeconds), (.uploadBytes, uploadBytes),
        ]
        for (key, number) in numbers {
            if let number { values[AbsoluteConfigKey([key.rawValue])] = ConfigValue(.int(number), isSecret: false) }
        }
        return InMemoryProvider(name: "flags", values: values)
    }
}
