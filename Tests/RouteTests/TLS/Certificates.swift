import Crypto
import CryptoExtras
import Foundation
import SwiftASN1
import X509

/// A certificate of the tests with its chain and key.
struct Identity: Sendable {
    let certificate: Certificate
    let der: [UInt8]
    let chainPEM: String
    let keyPEM: String
}

/// An authority that the tests made up.
struct CertificateAuthority: Sendable {
    enum Purpose: Sendable { case server, client }
    enum KeyKind: Sendable { case ecdsa, rsa }

    let certificate: Certificate
    private let signer: Certificate.PrivateKey
    private let intermediates: [Certificate]

    var pem: String {
        get throws { try certificate.serializeAsPEM().pemString }
    }

    init(_ name: String, below parent: CertificateAuthority? = nil) throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName { CommonName(name) }
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: .now.advanced(by: -3600),
            notValidAfter: .now.advanced(by: 365 * 86_400), issuer: parent?.certificate.subject ?? subject,
            subject: subject,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            }, issuerPrivateKey: parent?.signer ?? key)
        signer = key
        intermediates = parent == nil ? [] : [certificate]
    }

    /// - Parameter days: validity in days from now, `from` usually in the past.
    func issue(
        _ purpose: Purpose, names: [String], addresses: [[UInt8]] = [], key kind: KeyKind = .ecdsa,
        from: Double = -1, days: Double = 90, signedByItself: Bool = false
    ) throws -> Identity {
        let (key, keyPEM): (Certificate.PrivateKey, String)
        switch kind {
        case .ecdsa:
            let own = P256.Signing.PrivateKey()
            (key, keyPEM) = (Certificate.PrivateKey(own), own.pemRepresentation)
        case .rsa:
            let own = try _RSA.Signing.PrivateKey(keySize: .bits2048)
            (key, keyPEM) = (Certificate.PrivateKey(own), own.pkcs8PEMRepresentation)
        }
        let subject = try DistinguishedName { CommonName(names[0]) }
        let alternatives =
            names.map { GeneralName.dnsName($0) }
            + addresses.map { GeneralName.ipAddress(ASN1OctetString(contentBytes: $0[...])) }
        let leaf = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey,
            notValidBefore: .now.advanced(by: from * 86_400), notValidAfter: .now.advanced(by: days * 86_400),
            issuer: signedByItself ? subject : certificate.subject, subject: subject,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true, keyEncipherment: true))
                try ExtendedKeyUsage([purpose == .server ? .serverAuth : .clientAuth])
                SubjectAlternativeNames(alternatives)
            }, issuerPrivateKey: signedByItself ? key : signer)
        let chain = try ([leaf] + intermediates).map { try $0.serializeAsPEM().pemString }
        return Identity(
            certificate: leaf, der: try leaf.derBytes, chainPEM: chain.joined(separator: "\n"), keyPEM: keyPEM)
    }
}

/// The certificates of the tests, made at their first use.
struct Certificates: Sendable {
    enum Server: String, CaseIterable, Sendable {
        case good, goodRSA, nameOnly, wrongName, expired, notYetValid, endsSoon, selfSigned, chained, foreign
    }

    let authority: CertificateAuthority
    let stranger: CertificateAuthority
    private let servers: [Server: Identity]

    private static let made = Result { try Certificates() }

    static var shared: Certificates {
        get throws { try made.get() }
    }

    private init() throws {
        let authority = try CertificateAuthority("Wellhead Test Authority")
        let stranger = try CertificateAuthority("A Stranger's Authority")
        let middle = try CertificateAuthority("Wellhead Test Intermediate", below: authority)
        let names = ["db.test", "localhost"]
        let addresses: [[UInt8]] = [[127, 0, 0, 1], [UInt8](repeating: 0, count: 15) + [1]]
        var servers: [Server: Identity] = [:]
        for server in Server.allCases {
            servers[server] =
                switch server {
                case .good: try authority.issue(.server, names: names, addresses: addresses)
                case .goodRSA: try authority.issue(.server, names: names, addresses: addresses, key: .rsa)
                case .nameOnly: try authority.issue(.server, names: ["db.test"])
                case .wrongName: try authority.issue(.server, names: ["elsewhere.test"])
                case .expired: try authority.issue(.server, names: names, from: -30, days: -1)
                case .notYetValid: try authority.issue(.server, names: names, from: 1)
                case .endsSoon: try authority.issue(.server, names: names, days: 5.5)
                case .selfSigned: try authority.issue(.server, names: names, signedByItself: true)
                case .chained: try middle.issue(.server, names: names)
                case .foreign: try stranger.issue(.server, names: names)
                }
        }
        self.authority = authority
        self.stranger = stranger
        self.servers = servers
    }

    func server(_ kind: Server) throws -> Identity {
        guard let identity = servers[kind] else { throw CocoaError(.featureUnsupported) }
        return identity
    }

    func client(_ login: String, key: CertificateAuthority.KeyKind = .ecdsa) throws -> Identity {
        try authority.issue(.client, names: [login], key: key)
    }

    func foreignClient(_ login: String) throws -> Identity { try stranger.issue(.client, names: [login]) }

    func expiredClient(_ login: String) throws -> Identity {
        try authority.issue(.client, names: [login], from: -30, days: -1)
    }
}
