import Crypto
import Foundation
import SwiftASN1
import X509

/// What a server's certificate says, read for the judge and for the report.
struct PeerCertificate: Sendable {
    let certificate: Certificate
    let der: [UInt8]
    /// DNS names as they stand in the certificate.
    let dnsNames: [String]
    let addresses: [IPAddress]

    init(der: [UInt8]) throws {
        self.der = der
        certificate = try Certificate(derEncoded: der)
        var names: [String] = []
        var addresses: [IPAddress] = []
        for name in try certificate.extensions.subjectAlternativeNames ?? SubjectAlternativeNames() {
            switch name {
            case .dnsName(let text): names.append(text)
            case .ipAddress(let octets):
                if let address = IPAddress(bytes: octets.bytes) { addresses.append(address) }
            default: break
            }
        }
        dnsNames = names
        self.addresses = addresses
    }

    /// Every name that the certificate is for.
    var names: [String] { dnsNames + addresses.map(\.description) }

    /// The hash of the certificate for `tls-server-end-point` (RFC 5929, section 4.1).
    var serverEndPoint: [UInt8]? {
        switch certificate.signatureAlgorithm {
        case .ed25519: nil
        case .ecdsaWithSHA384, .sha384WithRSAEncryption: Array(SHA384.hash(data: der))
        case .ecdsaWithSHA512, .sha512WithRSAEncryption: Array(SHA512.hash(data: der))
        default: Array(SHA256.hash(data: der))
        }
    }

    /// Whether subject and issuer are one and the key signed itself.
    var isSelfSigned: Bool {
        certificate.issuer == certificate.subject
            && certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
    }
}

extension DistinguishedName {
    /// The common name, else the organisation, else everything.
    var label: String {
        for type in [ASN1ObjectIdentifier.RDNAttributeType.commonName, .RDNAttributeType.organizationName] {
            for attribute in lazy.flatMap({ $0 }) where attribute.type == type {
                if let text = String(attribute.value) { return String(text.prefix(128)) }
            }
        }
        let all = String(String(describing: self).prefix(128))
        return all.isEmpty ? "an issuer without a name" : all
    }
}
