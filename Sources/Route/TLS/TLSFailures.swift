import NIOCore
import NIOSSL
import SourceModel

/// What was known of a TLS connection when it failed.
struct TLSContext: Sendable {
    /// Whether the handshake was over on our side.
    var established = false
    /// Whether the server judges the client's certificate only after that, as TLS 1.3 has it.
    var judgesClientsLate = false
    /// Whether the server has sent anything since.
    var heard = false
    /// Whether the server asked for a client certificate.
    var certificateRequested = false
    /// Whether there is a client certificate to show.
    var hasIdentity = false
}

/// Words the failure of a TLS connection.
enum TLSFailures {
    /// What an error means; nil where it is not about TLS.
    static func failure(for error: any Error, _ context: TLSContext) -> SourceFailure? {
        if let reason = TLSReason(error) {
            if let alert = reason.alert { return failure(alert: alert, context) }
            // Once the handshake is over, an error of the record layer is still one of TLS.
            return failure(reason: reason.number, context, cause: String(describing: error))
        }
        switch error {
        case NIOSSLError.handshakeFailed(.sslError(let errors)) where errors.contains(.eofDuringHandshake):
            return closed(context)
        case let error as IOError where !context.established:
            return closed(context, cause: "errno \(error.errnoCode)")
        case NIOSSLError.handshakeFailed, is BoringSSLError:
            return make(
                .tlsHandshakeFailed, "The TLS handshake failed.",
                hint: "Check that port is the one on which the server speaks TLS.", cause: String(describing: error))
        default:
            guard context.established else { return closed(context, cause: String(describing: error)) }
            return unexplained(error, context)
        }
    }

    /// The connection ended right after a TLS 1.3 handshake in which the server had asked for a certificate. Its alert
    /// is lost where our first bytes met a socket that was closed already: the reset overtakes it.
    private static func unexplained(_ error: any Error, _ context: TLSContext) -> SourceFailure? {
        guard context.judgesClientsLate, context.certificateRequested, !context.heard,
            StreamFailures.failure(for: error, in: .tls, endpoint: nil) != nil
        else { return nil }
        if !context.hasIdentity { return required(nil) }
        return make(
            .tlsClientCertificateRejected,
            "The server closed the connection as soon as it had seen the client certificate.",
            hint: "Set certificate and keyfile to a pair that an authority known to the server issued.",
            cause: String(describing: error))
    }

    /// The peer said no, and why.
    private static func failure(alert: Int, _ context: TLSContext) -> SourceFailure {
        let name = TLSReason.alertNames[alert] ?? "unknown"
        let words = ServerWords(code: "\(alert)", text: name)
        let certificates: Set = [40, 41, 42, 43, 44, 45, 46, 48, 49, 51, 80, 111, 116]
        if context.certificateRequested, certificates.contains(alert) {
            if !context.hasIdentity { return required(words) }
            if alert != 40, alert != 80 { return rejected(alert, words) }
        }
        if alert == 116 { return required(words) }
        if context.hasIdentity, [42, 43, 44, 45, 46, 48].contains(alert) { return rejected(alert, words) }
        switch alert {
        case 40, 71:
            let also = context.hasIdentity ? " or refuses the client certificate" : ""
            return make(
                .tlsHandshakeFailed,
                "The server ended the TLS handshake: it has no cipher in common with this service\(also).",
                hint: "Enable TLS 1.2 or 1.3 with a cipher such as ECDHE-RSA-AES128-GCM-SHA256 on the server.",
                server: words)
        case 70:
            return make(
                .tlsHandshakeFailed, "The server takes neither TLS 1.2 nor TLS 1.3.",
                hint: "Enable TLS 1.2 or newer on the server.", server: words)
        case 112:
            return make(
                .tlsHandshakeFailed, "The server does not know the name that it was asked for.",
                hint: "Set sslServerName to a name that the server has.", server: words)
        default:
            return make(
                .tlsHandshakeFailed, "The server ended the TLS connection with the alert \(name).",
                hint: "Look into the server's log for the reason.", server: words)
        }
    }

    private static func required(_ words: ServerWords?) -> SourceFailure {
        make(
            .tlsClientCertificateRequired, "The server wants a client certificate, and the record has none.",
            hint: "Set certificate and keyfile.", server: words)
    }

    private static func rejected(_ alert: Int, _ words: ServerWords) -> SourceFailure {
        let reason =
            switch alert {
            case 44: "it was revoked"
            case 45: "it has expired"
            case 43: "its kind is not supported"
            case 48: "the server does not know its issuer"
            case 49: "it gives no access"
            default: "the server does not accept it"
            }
        return make(
            .tlsClientCertificateRejected, "The server refused the client certificate: \(reason).",
            hint: "Set certificate and keyfile to a pair that an authority known to the server issued.", server: words)
    }

    /// Our own side could not go on.
    private static func failure(reason: Int, _ context: TLSContext, cause: String) -> SourceFailure {
        switch reason {
        case _ where TLSReason.httpReplies.contains(reason) || TLSReason.notTLS.contains(reason):
            make(
                .tlsHandshakeFailed, "The server answered the TLS handshake with something that is not TLS.",
                hint: "Check that port is the one on which the server speaks TLS, or set ssl to false.", cause: cause)
        case _ where TLSReason.versions.contains(reason):
            make(
                .tlsHandshakeFailed, "The server takes neither TLS 1.2 nor TLS 1.3.",
                hint: "Enable TLS 1.2 or newer on the server.", cause: cause)
        case _ where TLSReason.ciphers.contains(reason):
            make(
                .tlsHandshakeFailed, "The server has no cipher or signature in common with this service.",
                hint: "Enable a cipher such as ECDHE-RSA-AES128-GCM-SHA256 on the server.", cause: cause)
        case TLSReason.keyUsage:
            make(
                .tlsHandshakeFailed, "The key usage in the server's certificate forbids what TLS needs it for.",
                hint: "Install a certificate with the key usage digitalSignature on the server.", cause: cause)
        default:
            make(
                .tlsHandshakeFailed,
                context.established
                    ? "The server broke the TLS protocol." : "The TLS handshake failed: the server broke the protocol.",
                hint: "Check that port is the one on which the server speaks TLS.", cause: cause)
        }
    }

    /// The stream ended before the handshake did.
    static func closed(_ context: TLSContext, cause: String? = nil) -> SourceFailure {
        if context.certificateRequested, !context.hasIdentity { return required(nil) }
        return make(
            .tlsHandshakeFailed, "The server closed the connection during the TLS handshake.",
            hint: context.certificateRequested
                ? "Check that certificate and keyfile are what the server wants; its log says more."
                : "Check that port is the one on which the server speaks TLS; the server's log says more.",
            cause: cause)
    }

    static func make(
        _ code: FailureCode, _ message: String, hint: String, server: ServerWords? = nil, cause: String? = nil
    ) -> SourceFailure {
        SourceFailure(.tls, code, message, hint: hint, server: server, cause: cause)
    }
}
