import Hummingbird
import Logging
import NIOCore

/// What goes along with one request.
package struct WebContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The connection that the request came on.
    let channel: any Channel
    /// The request's identifier, in the log as in the answer.
    let requestID: String
    /// The peer's address without its port.
    let peer: String
    /// The user's or the token's name, once it is known.
    var caller = ""
    /// What the log tells when the request has been answered.
    let frame = RequestFrame()

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        requestID = source.logger[metadataKey: LogKey.request.rawValue].map { "\($0)" } ?? RequestID().description
        peer = source.channel.remoteAddress?.ipAddress ?? "local"
    }
}
