import Configuration
import Foundation
import Logging
import Route
import SystemPackage
import WebAPI

/// What `serve` is told, read and checked.
struct ServeSettings: Sendable {
    /// The names in the configuration file; `sshAllow` is `WELLHEAD_SSH_ALLOW` in the environment.
    enum Key: String, CaseIterable {
        case data, host, port, files, sourceAllow, sourceDeny, sshAllow, sshDeny, hosts, logLevel, tlsCertificate
        case tlsKey, loginLifetime, loginFailures, queryRows, queryBytes, querySeconds, uploadBytes
    }

    var data: URL
    var host: String
    var port: Int
    var files: URL
    var policy: DestinationPolicy
    var hosts: [String: [IPAddress]]
    var logLevel: Logger.Level
    /// Certificate chain and key, as files.
    var tls: (certificate: String, key: String)?
    var loginLifetime: Duration
    /// Failed logins that an address or a user may have in a minute.
    var loginFailures: Int
    /// What a statement may ask for at most.
    var queries: QueryLimits
    /// What an upload may have at most.
    var uploadBytes: Int

    /// Reads flags, environment and file, in this order.
    ///
    /// - Throws: `CommandFailure` that names the setting.
    init(_ options: ServeOptions, environment: [String: String] = ProcessInfo.processInfo.environment) async throws {
        var providers: [any ConfigProvider] = [
            options.provider,
            EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "wellhead"),
        ]
        if let path = options.config ?? environment["WELLHEAD_CONFIG"] {
            do {
                providers.append(try await FileProvider<JSONSnapshot>(filePath: FilePath(path)))
            } catch {
                throw CommandFailure.setting("The configuration file \(path) cannot be read, or is no JSON object.")
            }
        }
        let reader = SettingReader(config: ConfigReader(providers: providers))
        data = URL(filePath: try reader.text(.data) ?? "data", directoryHint: .isDirectory)
        host = try reader.text(.host) ?? "127.0.0.1"
        port = try reader.number(.port, in: 0...65_535) ?? 1337
        files =
            try reader.text(.files).map { URL(filePath: $0, directoryHint: .isDirectory) }
            ?? data.appending(path: "files", directoryHint: .isDirectory)
        policy = DestinationPolicy(
            dataSource: DestinationPolicy.Rules(
                allow: try reader.patterns(.sourceAllow), deny: try reader.patterns(.sourceDeny)),
            sshHost: DestinationPolicy.Rules(allow: try reader.patterns(.sshAllow), deny: try reader.patterns(.sshDeny))
        )
        do {
            hosts = try StaticResolver.parse(try reader.text(.hosts) ?? "")
        } catch let error as StaticResolver.InvalidEntry {
            throw CommandFailure.setting("hosts: \(error)")
        }
        let level = try reader.text(.logLevel) ?? "info"
        guard let known = Logger.Level(rawValue: level.lowercased()) else {
            throw CommandFailure.setting(
                "logLevel: \"\(level)\" is none of trace, debug, info, notice, warning, error, critical.")
        }
        logLevel = known
        switch (try reader.text(.tlsCertificate), try reader.text(.tlsKey)) {
        case (nil, nil): tls = nil
        case (let certificate?, let key?): tls = (certificate, key)
        default: throw CommandFailure.setting("tlsCertificate and tlsKey belong together; give both or none.")
        }
        loginLifetime = .seconds(try reader.number(.loginLifetime, in: 60...2_592_000) ?? 3600)
        loginFailures = try reader.number(.loginFailures, in: 1...1_000_000) ?? 20
        queries = QueryLimits()
        queries.rows = try reader.number(.queryRows, in: 1...1_000_000_000) ?? queries.rows
        queries.bytes = try reader.number(.queryBytes, in: 1024...1 << 40) ?? queries.bytes
        queries.seconds = try reader.number(.querySeconds, in: 1...86_400) ?? queries.seconds
        uploadBytes = try reader.number(.uploadBytes, in: 1...1 << 40) ?? 1 << 30
    }
}

extension ServeSettings {
    /// Where the service will be reached, and what it uses, for `--show-settings`; no setting is a secret.
    var answer: AnswerNode {
        .object([
            .init("address", .text(address)),
            .init("data", .text(data.absoluteURL.path(percentEncoded: false))),
            .init("files", .text(files.absoluteURL.path(percentEncoded: false))),
            .init("log_level", .text(logLevel.rawValue)),
        ])
    }

    /// Where this machine reaches the service: an address that stands for every one becomes the loopback's.
    private var address: String {
        let reach =
            switch host {
            case "0.0.0.0": "127.0.0.1"
            case "::", "[::]": "[::1]"
            default: host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
            }
        return "\(tls == nil ? "http" : "https")://\(reach):\(port)"
    }
}

/// Reads settings and says by name what cannot be used.
private struct SettingReader {
    let config: ConfigReader

    func text(_ key: ServeSettings.Key) throws -> String? {
        let name = ConfigKey(key.rawValue)
        if let text = config.string(forKey: name) { return text.isEmpty ? nil : text }
        // A list in the file is as good as a text with commas.
        return config.stringArray(forKey: name)?.joined(separator: ",")
    }

    func number(_ key: ServeSettings.Key, in range: ClosedRange<Int>) throws -> Int? {
        let name = ConfigKey(key.rawValue)
        if let number = config.int(forKey: name) {
            guard range.contains(number) else {
                throw CommandFailure.setting(
                    "\(key.rawValue): \(number) is not from \(range.lowerBound) to \(range.upperBound).")
            }
            return number
        }
        guard let text = config.string(forKey: name), !text.isEmpty else { return nil }
        throw CommandFailure.setting("\(key.rawValue): \"\(text)\" is no number.")
    }

    func patterns(_ key: ServeSettings.Key) throws -> [DestinationPattern] {
        do {
            return try DestinationPattern.list(try text(key) ?? "")
        } catch let error as DestinationPattern.Invalid {
            throw CommandFailure.setting("\(key.rawValue): \(error)")
        }
    }
}
