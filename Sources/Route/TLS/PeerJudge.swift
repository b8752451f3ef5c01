import Foundation
import SourceModel
import SwiftASN1
import X509

/// Judges the certificates that a server shows, and says exactly what is wrong with them.
struct PeerJudge: Sendable {
    let trust: ServerTrust
    let now: Date
    /// As far as the handshake has settled it.
    var protocolVersion = ""

    /// What the certificates came to. The observation is there also where they were refused, for the report.
    struct Verdict: Sendable {
        var observation: TLSObservation?
        var failure: SourceFailure?
    }

    /// - Parameter chain: as the server sent it, the leaf first.
    func judge(_ chain: [[UInt8]]) async -> Verdict {
        guard let first = chain.first else { return Verdict(failure: noCertificate) }
        let leaf: PeerCertificate
        do {
            leaf = try PeerCertificate(der: first)
        } catch {
            return Verdict(failure: unreadable(String(describing: error)))
        }
        let observation = observe(leaf)
        guard trust.mode != .require else { return Verdict(observation: observation) }
        let others = chain.dropFirst().compactMap { try? Certificate(derEncoded: $0) }
        if let failure = await chainFailure(leaf, others) {
            return Verdict(observation: observation, failure: failure)
        }
        if trust.mode == .verifyFull, let failure = nameFailure(leaf) {
            return Verdict(observation: observation, failure: failure)
        }
        return Verdict(observation: observation)
    }

    private func observe(_ leaf: PeerCertificate) -> TLSObservation {
        let end = leaf.certificate.notValidAfter
        let days = end.days(since: now)
        var warnings: [Warning] = []
        if trust.mode == .require { warnings.append(.unverifiedTLS) }
        if days < Warning.expiryNotice { warnings.append(.expiring("server's", end, days: days)) }
        return TLSObservation(
            protocolVersion: protocolVersion, verified: trust.mode != .require, issuer: leaf.certificate.issuer.label,
            subjectAlternativeNames: leaf.names, notBefore: leaf.certificate.notValidBefore, notAfter: end,
            daysLeft: days, serverEndPoint: leaf.serverEndPoint, warnings: warnings)
    }

    // MARK: - The chain

    private func chainFailure(_ leaf: PeerCertificate, _ others: [Certificate]) async -> SourceFailure? {
        let anchors = trust.anchors.map(TrustAnchors.init(der:)) ?? TrustAnchors.system
        let rules = ChainRules(now: now)
        var verifier = Verifier(rootCertificates: anchors.store) { rules }
        // A server needs a handful of intermediates; more would only make the search long.
        let intermediates = CertificateStore(others.prefix(16))
        switch await verifier.validate(leaf: leaf.certificate, intermediates: intermediates) {
        case .validCertificate: return nil
        case .couldNotValidate(let failures):
            let faults = failures.compactMap { rules.fault(of: $0.chain) }
            return faults.first.map { failure(for: $0, leaf) } ?? strange(leaf, others, anchors)
        }
    }

    private func failure(for fault: ChainFault, _ leaf: PeerCertificate) -> SourceFailure {
        switch fault {
        case .expired(let certificate):
            return failure(
                .tlsExpired, "\(whose(certificate, leaf)) expired on \(certificate.notValidAfter.isoDay).",
                hint: "Renew the certificate on the server\(certificate == leaf.certificate ? "" : " or in sslCA").")
        case .notYetValid(let certificate):
            return failure(
                .tlsNotYetValid,
                "\(whose(certificate, leaf)) is not valid before \(certificate.notValidBefore.isoDay).",
                hint: "Check the clocks of the server and of this service, or wait until then.")
        case .notForServers:
            return failure(
                .tlsUntrusted, "The server's certificate is not meant for servers: its extended key usage excludes it.",
                hint: "Install a certificate with the key usage serverAuth on the server.")
        case .weakSignature(let certificate):
            return failure(
                .tlsUntrusted, "\(whose(certificate, leaf)) is signed with SHA-1, which can be forged.",
                hint: "Install a certificate signed with SHA-256 on the server, or pin this one as sslCA.")
        case .rule(let rule):
            return failure(
                .tlsUntrusted,
                "The server's certificate, issued by \(leaf.certificate.issuer.label), has no valid chain to a trusted "
                    + "certificate.",
                hint: "Set sslCA to the authority that issued the server's certificate.", cause: rule)
        }
    }

    private func whose(_ certificate: Certificate, _ leaf: PeerCertificate) -> String {
        certificate == leaf.certificate
            ? "The server's certificate" : "The certificate of the authority \(certificate.subject.label)"
    }

    /// No chain leads to an anchor.
    private func strange(_ leaf: PeerCertificate, _ others: [Certificate], _ anchors: TrustAnchors) -> SourceFailure {
        let place = anchors.isSystem ? "the system's trust store" : "sslCA"
        if leaf.isSelfSigned {
            return failure(
                .tlsUntrusted, "The server's certificate is signed by itself and is not in \(place).",
                hint: "Set sslCA to the server's certificate to trust exactly this one.")
        }
        let top = top(of: leaf.certificate, others)
        let sameName = anchors.certificates.contains { $0.subject == top.issuer }
        let reason =
            sameName ? "which has another key than the one of that name in \(place)" : "which is not in \(place)"
        return failure(
            .tlsUntrusted, "The server's certificate was issued by \(top.issuer.label), \(reason).",
            hint: anchors.isSystem
                ? "Set sslCA to the certificate of the authority \(top.issuer.label)."
                : "Set sslCA to the certificate of the authority \(top.issuer.label), or add it there.")
    }

    /// The last certificate that the server's own papers lead to.
    private func top(of leaf: Certificate, _ others: [Certificate]) -> Certificate {
        var tip = leaf
        for _ in others {
            guard tip.issuer != tip.subject, let next = others.first(where: { $0.subject == tip.issuer }) else { break }
            tip = next
        }
        return tip
    }

    // MARK: - The name

    private func nameFailure(_ leaf: PeerCertificate) -> SourceFailure? {
        guard !ServerName(trust.serverName).isCovered(by: leaf) else { return nil }
        let names = leaf.names
        guard let first = names.first else {
            return failure(
                .tlsHostnameMismatch,
                "The server's certificate names no host, so it is not for \(trust.serverName); its subject is "
                    + "\(leaf.certificate.subject.label).",
                hint:
                    "Install a certificate with a subjectAltName for \(trust.serverName) on the server, or set sslMode "
                    + "to verify-ca.")
        }
        let more = names.count > 5 ? " and \(names.count - 5) more" : ""
        let shown = names.prefix(5).map { String($0.prefix(253)) }.joined(separator: ", ")
        return failure(
            .tlsHostnameMismatch, "The server's certificate is for \(shown)\(more), not for \(trust.serverName).",
            hint: "Set host to a name in the certificate, or sslServerName to \(String(first.prefix(253))).")
    }

    // MARK: - Other

    private var noCertificate: SourceFailure {
        failure(
            .tlsHandshakeFailed, "The server showed no certificate.", hint: "Install a certificate on the server.")
    }

    private func unreadable(_ cause: String) -> SourceFailure {
        failure(
            trust.mode == .require ? .tlsHandshakeFailed : .tlsUntrusted,
            "The server's certificate cannot be read: it is malformed or uses an algorithm that is not supported.",
            hint: "Install a certificate with an RSA, ECDSA or Ed25519 key on the server.", cause: cause)
    }

    private func failure(_ code: FailureCode, _ message: String, hint: String, cause: String? = nil) -> SourceFailure {
        SourceFailure(.tls, code, message, hint: hint, cause: cause)
    }
}
