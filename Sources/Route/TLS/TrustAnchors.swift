import Foundation
import SwiftASN1
import X509

/// The certificates that a chain may end in.
struct TrustAnchors: Sendable {
    let certificates: [Certificate]
    /// The same, to search in.
    let store: CertificateStore
    /// Whose they are, for messages.
    let isSystem: Bool

    /// Anchors given as DER; one that cannot be read is left out: it can vouch for nobody.
    init(der: [[UInt8]]) {
        certificates = der.compactMap { try? Certificate(derEncoded: $0) }
        store = CertificateStore(certificates)
        isSystem = false
    }

    private init(system certificates: [Certificate]) {
        self.certificates = certificates
        store = CertificateStore(certificates)
        isSystem = true
    }

    /// The system's trust store, read at its first use.
    static let system = TrustAnchors(system: readSystem())

    /// Where distributions keep it as one file of PEM.
    private static let files = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]

    private static func readSystem() -> [Certificate] {
        for file in files {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { continue }
            return text.components(separatedBy: "-----BEGIN CERTIFICATE-----").dropFirst().compactMap { part in
                guard let end = part.range(of: "-----END CERTIFICATE-----") else { return nil }
                let base64 = part[..<end.lowerBound]
                guard let der = Data(base64Encoded: String(base64), options: .ignoreUnknownCharacters) else {
                    return nil
                }
                return try? Certificate(derEncoded: Array(der))
            }
        }
        return []
    }
}
