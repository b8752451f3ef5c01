import Foundation
import SourceModel

/// What was seen of a data source's TLS.
package struct TLSObservation: Sendable, Equatable {
    /// `TLS 1.2` or `TLS 1.3`.
    package var protocolVersion: String
    /// Whether the certificate was judged: false where `sslMode` is `require`.
    package var verified: Bool
    /// The issuer's common name, else its whole name.
    package var issuer: String
    /// The names and addresses that the certificate is for.
    package var subjectAlternativeNames: [String]
    package var notBefore: Date
    package var notAfter: Date
    /// Whole days until `notAfter`; negative where it has passed.
    package var daysLeft: Int
    /// The channel binding `tls-server-end-point` (RFC 5929, section 4); nil where the certificate's signature uses no
    /// hash function of its own, as Ed25519 does, for which the binding is not defined.
    package var serverEndPoint: [UInt8]?
    package var warnings: [Warning]

    /// What a report says: "TLS 1.3, issued by Example CA, valid until 2027-03-01 (in 97 days)".
    package var detail: String {
        let version = protocolVersion.isEmpty ? [] : [protocolVersion]
        let trust = verified ? [] : ["certificate not verified"]
        let until = "valid until \(notAfter.isoDay)"
        let days = daysLeft < 0 ? "" : daysLeft == 1 ? " (in 1 day)" : " (in \(daysLeft) days)"
        return (version + trust + ["issued by \(issuer)", until + days]).joined(separator: ", ")
    }
}

extension Date {
    /// The day in UTC as `2027-03-01`.
    var isoDay: String { formatted(.iso8601.year().month().day()) }

    /// Whole days from another date to this one, rounded down.
    func days(since other: Date) -> Int { Int((timeIntervalSince(other) / 86_400).rounded(.down)) }
}

extension Warning {
    /// Days of validity from which on a certificate deserves a look.
    static let expiryNotice = 30

    static let unverifiedTLS = Warning(
        .tlsUnverified,
        "The connection is encrypted, but the server's certificate is not verified: anyone could be at the other end. "
            + "Set sslMode to verify-full.")

    static let loginAloneEncrypted = Warning(
        .tlsUnverified,
        "The login alone was encrypted, to a server that nobody verified; everything after it goes readable over the "
            + "network. Set ssl to true.")

    static func expiring(_ whose: String, _ end: Date, days: Int) -> Warning {
        let when = days < 0 ? "has ended" : days == 1 ? "ends in 1 day" : "ends in \(days) days"
        return Warning(.certificateExpiring, "The \(whose) certificate \(when), on \(end.isoDay).")
    }
}
