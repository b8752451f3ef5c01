import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

extension Request {
    /// Tells a caller who waits for it (`Expect: 100-continue`, RFC 9110, section 10.1.1) to send the body. To be called
    /// when nothing speaks against the request any more: until then a refusal spares the caller the sending.
    func inviteBody(on channel: any Channel) async throws {
        guard headers[.expect]?.lowercased() == "100-continue" else { return }
        try await channel.eventLoop.flatSubmit {
            // A test that asks the router without a connection has no encoder, and sends without waiting.
            guard let encoder = try? channel.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
            else {
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            let line = channel.allocator.buffer(string: "HTTP/1.1 100 Continue\r\n\r\n")
            // From the encoder's place outwards: it is whole already, and TLS comes after it.
            return encoder.writeAndFlush(NIOAny(line))
        }.get()
    }
}
