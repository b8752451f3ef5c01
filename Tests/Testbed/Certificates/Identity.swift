import Crypto
import CryptoExtras
import Foundation
import SwiftASN1
import X509

/// A certificate with the chain up to, but not including, its root, and the private key in every form that people paste.
package struct Identity: Sendable {
    /// The certificate itself.
    package let certificate: Certificate
    /// The certificate as PEM.
    package let certificatePEM: String
    /// The certificate followed by its intermediates, as a server sends it.
    package let chainPEM: String
    /// The private key.
    package let key: KeyText

    /// The private key in PKCS#8: what servers and the service are given unless a test wants another form.
    package var keyPEM: String { key.pkcs8 }
    /// The subject as OpenSSL prints it on one line, for MySQL's `REQUIRE SUBJECT`.
    package var subjectLine: String
    /// The certificate as DER.
    package let der: [UInt8]
    /// The certificate's end.
    package var notAfter: Date { certificate.notValidAfter }
}

/// One private key in the forms in which it is found in files.
package struct KeyText: Sendable {
    /// `BEGIN PRIVATE KEY`.
    package let pkcs8: String
    /// `BEGIN RSA PRIVATE KEY` for RSA, `BEGIN EC PRIVATE KEY` for ECDSA.
    package let traditional: String
}

/// A key pair of one of the two kinds that servers use.
struct SigningKey {
    enum Kind: Sendable {
        case ecdsaP256
        case rsa2048
    }

    let signer: Certificate.PrivateKey
    let text: KeyText

    init(_ kind: Kind) throws {
        switch kind {
        case .ecdsaP256:
            let key = P256.Signing.PrivateKey()
            signer = Certificate.PrivateKey(key)
            text = KeyText(pkcs8: key.pemRepresentation, traditional: try Self.sec1(key))
        case .rsa2048:
            let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
            signer = Certificate.PrivateKey(key)
            text = KeyText(pkcs8: key.pkcs8PEMRepresentation, traditional: key.pemRepresentation)
        }
    }

    /// RFC 5915: version, the secret, the curve, the public point.
    private static func sec1(_ key: P256.Signing.PrivateKey) throws -> String {
        var coder = DER.Serializer()
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(1)
            try coder.serialize(ASN1OctetString(contentBytes: ArraySlice(key.rawRepresentation)))
            try coder.serialize(
                ASN1ObjectIdentifier.NamedCurves.secp256r1,
                explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific)
            try coder.serialize(
                ASN1BitString(bytes: ArraySlice(key.publicKey.x963Representation)),
                explicitlyTaggedWithTagNumber: 1, tagClass: .contextSpecific)
        }
        return PEMDocument(type: "EC PRIVATE KEY", derBytes: coder.serializedBytes).pemString
    }
}
