import Foundation
import NIOCore

/// Says in one line why the service cannot listen.
enum ListeningFailure {
    static func failure(for error: any Error, host: String, port: Int) -> CommandFailure? {
        switch error {
        case let error as IOError: return CommandFailure(sentence(error.errnoCode, host: host, port: port))
        case is SocketAddressError:
            return CommandFailure("The name \(host) has no address on this machine; choose another with --host.")
        default: return nil
        }
    }

    private static func sentence(_ code: CInt, host: String, port: Int) -> String {
        switch code {
        case EADDRINUSE: "Port \(port) on \(host) is already in use; end what uses it, or choose another with --port."
        case EACCES, EPERM: "Port \(port) may not be used by this user; choose one above 1023 with --port."
        case EADDRNOTAVAIL: "\(host) is not an address of this machine; choose another with --host."
        default: "Cannot listen on \(host), port \(port): \(String(cString: strerror(code)))."
        }
    }
}
