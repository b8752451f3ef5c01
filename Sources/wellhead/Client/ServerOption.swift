import ArgumentParser
import Foundation

/// Which running service a command asks, and who it says that it is. The token is never an argument: others on the
/// machine could read it there.
struct ServerOption: ParsableArguments {
    @Option(help: "The service's address (default: http://127.0.0.1:1337; WELLHEAD_SERVER).")
    var server: String?

    @Option(
        help: "A file that holds the token (default: WELLHEAD_TOKEN, else admin.token in the data directory).")
    var tokenFile: String?

    /// - Throws: `CommandFailure` where the address or the token cannot be had.
    func client(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> ServiceClient {
        let text = server ?? environment["WELLHEAD_SERVER"] ?? "http://127.0.0.1:1337"
        guard let address = URL(string: text), ["http", "https"].contains(address.scheme), address.host() != nil else {
            throw CommandFailure.setting("\(text) is no address of a service; it begins with http:// or https://.")
        }
        return ServiceClient(address: address, token: try token(environment))
    }

    private func token(_ environment: [String: String]) throws -> String {
        if tokenFile == nil, let token = environment["WELLHEAD_TOKEN"], !token.isEmpty { return token }
        let path = tokenFile ?? "\(environment["WELLHEAD_DATA"] ?? "data")/admin.token"
        do {
            return try SecretInput.text(ofFile: path).trimmingCharacters(in: .whitespacesAndNewlines)
        } catch let failure as CommandFailure {
            throw CommandFailure(
                "There is no token in \(path); name its file with --token-file, or set WELLHEAD_TOKEN. "
                    + failure.message)
        }
    }
}
