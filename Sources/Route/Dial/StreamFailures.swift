import NIOCore
import NIOSSL
import SourceModel

/// Words the end of a connection that had been there.
enum StreamFailures {
    /// What an error of a connected channel means in a stage; nil for errors that are not the stream's.
    static func failure(for error: any Error, in stage: Stage, endpoint: Endpoint?) -> SourceFailure? {
        let name = endpoint.map(\.description) ?? "The server"
        switch error {
        case let error as IOError:
            let fault = DialFault(errno: error.errnoCode)
            return switch fault {
            case .timedOut, .unreachable:
                SourceFailure(
                    stage, fault.code, "The connection to \(name) was lost: it no longer answers.",
                    hint: "Check that the server is running and that a network route leads to host.")
            case .refused, .reset, .other:
                SourceFailure(
                    stage, .connectionReset, "\(name) reset the connection.",
                    hint: "Check that port is the server's own port, and look into the server's log.",
                    cause: "errno \(error.errnoCode)")
            }
        case ChannelError.eof, ChannelError.inputClosed, ChannelError.outputClosed, ChannelError.ioOnClosedChannel,
            ChannelError.alreadyClosed, NIOSSLError.uncleanShutdown:
            return SourceFailure(
                stage, .serverClosed, "\(name) closed the connection.",
                hint: "Check that port is the server's own port, and look into the server's log.")
        default: return nil
        }
    }
}
