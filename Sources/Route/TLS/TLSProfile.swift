/// What a driver's protocol asks of the TLS that carries it. The server is judged the same way whatever stands here.
package struct TLSProfile: Sendable, Equatable {
    /// The name of the channel's handler that carries TLS records as a part of its own protocol, right above the
    /// transport, as TDS 7.4 does during the handshake; nil where records go as they are. Whoever carries them so knows
    /// no TLS 1.3, whose handshake has no such end.
    package var carrier: String?
    /// What is offered by ALPN (RFC 7301).
    package var applicationProtocols: [String]
    /// TLS carries the login alone, and is taken away then; nobody verifies the server.
    package var isForLoginAlone: Bool

    package init(carrier: String? = nil, applicationProtocols: [String] = [], isForLoginAlone: Bool = false) {
        self.carrier = carrier
        self.applicationProtocols = applicationProtocols
        self.isForLoginAlone = isForLoginAlone
    }
}
