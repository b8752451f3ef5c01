import NIOSSL

/// A reason that BoringSSL gives for the end of a connection, by number.
struct TLSReason: Sendable, Equatable {
    /// `SSL_R_…` of BoringSSL's `ssl.h`; 1,000 plus the number for an alert that the peer sent.
    var number: Int

    /// The alert that the peer sent (RFC 8446, section 6).
    var alert: Int? { number >= 1000 && number < 1256 ? number - 1000 : nil }

    /// Reads the reason out of an error of NIOSSL. Its number is public only as the first word of the description:
    /// a packed code, the library in the upper eight bits and the reason in the lower twelve.
    init?(_ error: any Error) {
        let stack: NIOBoringSSLErrorStack
        switch error {
        case NIOSSLError.handshakeFailed(.sslError(let errors)), BoringSSLError.sslError(let errors),
            NIOSSLError.shutdownFailed(.sslError(let errors)):
            stack = errors
        default: return nil
        }
        for entry in stack {
            let words = entry.description.split(separator: " ")
            if words.count > 1, let code = UInt32(words[1]), code >> 24 == TLSReason.library {
                number = Int(code & 0xFFF)
                return
            }
        }
        return nil
    }

    /// `ERR_LIB_SSL`.
    private static let library: UInt32 = 16

    // Reasons of our own side that deserve words of their own.
    static let certificateVerifyFailed = 125
    static let httpReplies: Set = [155, 156]
    static let notTLS: Set = [102, 223, 225, 247]
    static let versions: Set = [234, 240, 246]
    static let ciphers: Set = [184, 203, 229, 242, 253]
    /// The certificate's key usage forbids what the handshake needs (`SSL_R_KEY_USAGE_BIT_INCORRECT`).
    static let keyUsage = 302

    /// The alert's name in the specification.
    static let alertNames: [Int: String] = [
        0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed",
        22: "record_overflow", 30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate",
        42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired",
        46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied",
        50: "decode_error", 51: "decrypt_error", 60: "export_restriction", 70: "protocol_version",
        71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled",
        100: "no_renegotiation", 109: "missing_extension", 110: "unsupported_extension",
        111: "certificate_unobtainable", 112: "unrecognized_name", 113: "bad_certificate_status_response",
        115: "unknown_psk_identity", 116: "certificate_required", 120: "no_application_protocol",
    ]
}
