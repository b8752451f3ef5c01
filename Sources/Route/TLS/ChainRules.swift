import Foundation
import SwiftASN1
@_spi(DisableValidityCheck) import X509

/// What is wrong with a chain that does lead from a server's certificate to a trust anchor.
enum ChainFault: Error, Equatable {
    case expired(Certificate)
    case notYetValid(Certificate)
    /// The certificate says that it is not for servers.
    case notForServers
    /// The signature of this certificate rests on SHA-1.
    case weakSignature(Certificate)
    /// A rule of RFC 5280, in words for the log.
    case rule(String)
}

/// The rules for a chain whose signatures hold: RFC 5280 at a given time, and a purpose.
///
/// Stricter than RFC5280Policy of swift-certificates in one point: a certificate of version 1 cannot stand between
/// others, since nothing says that it is an authority. More lenient about the anchor: it was given as trusted, so
/// only an explicit `CA:FALSE` keeps it from vouching for others (RFC 5280, section 6.1.1 asks of an anchor a name
/// and a key), and a server's own certificate can be its own anchor.
struct ChainRules: VerifierPolicy {
    let now: Date

    /// Handled here or by the judge's check of names. Policies (2.5.29.32) bind only those who ask for one.
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.basicConstraints, .X509ExtensionID.nameConstraints, .X509ExtensionID.keyUsage,
        .X509ExtensionID.extendedKeyUsage, .X509ExtensionID.subjectAlternativeName, [2, 5, 29, 32],
    ]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        guard let fault = fault(of: chain) else { return .meetsPolicy }
        return .failsToMeetPolicy(reason: String(describing: fault))
    }

    /// - Parameter chain: the leaf first, the anchor last; one alone is a leaf that is an anchor.
    func fault(of chain: UnverifiedCertificateChain) -> ChainFault? {
        for certificate in chain {
            if now > certificate.notValidAfter { return .expired(certificate) }
            if now < certificate.notValidBefore { return .notYetValid(certificate) }
        }
        guard chain.count > 1 else { return nil }
        for certificate in chain.dropLast() where certificate.signatureAlgorithm == .sha1WithRSAEncryption {
            return .weakSignature(certificate)
        }
        do {
            if let usages = try chain[0].extensions.extendedKeyUsage, !usages.contains(.serverAuth),
                !usages.contains(.any)
            {
                return .notForServers
            }
            return try structure(of: chain)
        } catch {
            return .rule("an extension cannot be read: \(error)")
        }
    }

    private func structure(of chain: UnverifiedCertificateChain) throws -> ChainFault? {
        for middle in chain.dropFirst().dropLast() where middle.version == .v1 {
            return .rule("a certificate of version 1 stands between others")
        }
        let standard = RFC5280Policy.withValidityCheckDisabled()
        guard case .failsToMeetPolicy(let reason) = standard.chainMeetsPolicyRequirements(chain: chain) else {
            return nil
        }
        return try vouches(chain) ? nil : .rule(String(describing: reason))
    }

    /// Whether the only thing amiss is an anchor that does not say whether it is an authority.
    private func vouches(_ chain: UnverifiedCertificateChain) throws -> Bool {
        guard let anchor = chain.last, try anchor.extensions.basicConstraints == nil,
            try chain.allSatisfy({ try $0.extensions.nameConstraints == nil })
        else { return false }
        var below = 0
        for authority in chain.dropFirst().dropLast() {
            guard case .isCertificateAuthority(let bound)? = try authority.extensions.basicConstraints,
                below <= bound ?? .max
            else { return false }
            if authority.issuer != authority.subject { below += 1 }
        }
        return true
    }
}
