import Foundation
import SwiftASN1
import X509

/// An authority that the tests made up, with its key, so that it can issue what a test needs.
package struct CertificateAuthority: Sendable {
    /// The authority's own certificate.
    package let certificate: Certificate
    /// The authority's own certificate as PEM: the trust anchor.
    package let pem: String
    private let signer: Certificate.PrivateKey
    /// The certificates between this authority and its root, nearest first; empty for a root.
    private let intermediates: [Certificate]

    /// A root of its own.
    package init(commonName: String) throws {
        let key = try SigningKey(.ecdsaP256)
        let name = try Self.name(commonName)
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.signer.publicKey,
            notValidBefore: Date.now.addingTimeInterval(-3600), notValidAfter: Date.now.addingTimeInterval(Self.year),
            issuer: name, subject: name, extensions: try Self.authorityExtensions(key.signer.publicKey),
            issuerPrivateKey: key.signer)
        pem = try certificate.serializeAsPEM().pemString
        signer = key.signer
        intermediates = []
    }

    private init(certificate: Certificate, signer: Certificate.PrivateKey, intermediates: [Certificate]) throws {
        self.certificate = certificate
        self.pem = try certificate.serializeAsPEM().pemString
        self.signer = signer
        self.intermediates = intermediates
    }

    /// An authority below this one.
    package func makeIntermediate(commonName: String) throws -> CertificateAuthority {
        let key = try SigningKey(.ecdsaP256)
        let issued = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.signer.publicKey,
            notValidBefore: Date.now.addingTimeInterval(-3600), notValidAfter: Date.now.addingTimeInterval(Self.year),
            issuer: certificate.subject, subject: try Self.name(commonName),
            extensions: try Self.authorityExtensions(key.signer.publicKey), issuerPrivateKey: signer)
        return try CertificateAuthority(
            certificate: issued, signer: key.signer, intermediates: [issued] + intermediates)
    }

    /// What a leaf is for.
    package enum Purpose: Sendable {
        case server
        case client
    }

    /// The kinds of keys that leaves come with.
    package enum KeyKind: Sendable {
        case ecdsa
        case rsa
    }

    /// A leaf: DNS names and addresses go into the subject's alternative names.
    package func issue(
        _ purpose: Purpose,
        commonName: String,
        names: [String] = [],
        addresses: [[UInt8]] = [],
        key kind: KeyKind = .ecdsa,
        from start: Date = Date.now.addingTimeInterval(-3600),
        until end: Date = Date.now.addingTimeInterval(90 * 86_400)
    ) throws -> Identity {
        let key = try SigningKey(kind == .ecdsa ? .ecdsaP256 : .rsa2048)
        let leaf = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.signer.publicKey,
            notValidBefore: start, notValidAfter: end,
            issuer: certificate.subject, subject: try Self.name(commonName),
            extensions: try Self.leafExtensions(purpose, names: names, addresses: addresses),
            issuerPrivateKey: signer)
        return try Self.identity(leaf, key: key, intermediates: intermediates, commonName: commonName)
    }

    /// A leaf that signed itself.
    package static func selfSigned(commonName: String, names: [String], addresses: [[UInt8]]) throws -> Identity {
        let key = try SigningKey(.ecdsaP256)
        let name = try name(commonName)
        let leaf = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.signer.publicKey,
            notValidBefore: Date.now.addingTimeInterval(-3600), notValidAfter: Date.now.addingTimeInterval(Self.year),
            issuer: name, subject: name,
            extensions: try leafExtensions(.server, names: names, addresses: addresses), issuerPrivateKey: key.signer)
        return try identity(leaf, key: key, intermediates: [], commonName: commonName)
    }

    private static let organization = "Wellhead Testbed"
    private static let year: TimeInterval = 365 * 86_400

    private static func name(_ commonName: String) throws -> DistinguishedName {
        try DistinguishedName {
            OrganizationName(organization)
            CommonName(commonName)
        }
    }

    private static func identity(
        _ leaf: Certificate, key: SigningKey, intermediates: [Certificate], commonName: String
    ) throws -> Identity {
        let pems = try ([leaf] + intermediates).map { try $0.serializeAsPEM().pemString }
        return Identity(
            certificate: leaf, certificatePEM: pems[0] + "\n", chainPEM: pems.joined(separator: "\n") + "\n",
            key: key.text, subjectLine: "/O=\(organization)/CN=\(commonName)",
            der: try leaf.serializeAsPEM().derBytes)
    }

    private static func authorityExtensions(_ key: Certificate.PublicKey) throws -> Certificate.Extensions {
        try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            SubjectKeyIdentifier(hash: key)
        }
    }

    private static func leafExtensions(
        _ purpose: Purpose, names: [String], addresses: [[UInt8]]
    ) throws -> Certificate.Extensions {
        let alternatives =
            names.map { GeneralName.dnsName($0) }
            + addresses.map { GeneralName.ipAddress(ASN1OctetString(contentBytes: $0[...])) }
        return try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true, keyEncipherment: true))
            try ExtendedKeyUsage([purpose == .server ? .serverAuth : .clientAuth])
            if !alternatives.isEmpty {
                SubjectAlternativeNames(alternatives)
            }
        }
    }
}
