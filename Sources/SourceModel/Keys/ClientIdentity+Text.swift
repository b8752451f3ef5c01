import Foundation
import SwiftASN1
import X509

extension ClientIdentity {
    /// Reads the pasted `certificate` and `keyfile` and proves that they belong together. Where the leaf is not first
    /// it is put first, its issuers after it.
    ///
    /// - Returns: nil where `complaints` was told why.
    static func read(
        certificate: String, keyfile: Secret, complaints: inout Complaints
    ) -> ClientIdentity? {
        var chain: [ReadCertificate] = []
        var key: (block: PEMBlock, key: Certificate.PrivateKey)?
        do throws(PasteProblem) {
            chain = try CertificateText.read(certificate, of: .certificate)
        } catch {
            complaints.add(.certificate, error)
        }
        do throws(PasteProblem) {
            key = try readKey(keyfile)
        } catch {
            complaints.add(.keyfile, error)
        }
        guard let first = chain.first, let key else { return nil }
        guard let leaf = chain.firstIndex(where: { $0.certificate.publicKey == key.key.publicKey }) else {
            complaints.add(
                .keyfile, .certificateKeyMismatch,
                "keyfile is not the private key of certificate, which is for \(shown(first.certificate.subject)).",
                hint: "Set keyfile to the private key that certificate was issued for.")
            return nil
        }
        let ordered = order(chain, leaf: leaf)
        return ClientIdentity(
            chain: ordered.map(\.der), key: Secret(key.block.text),
            expires: Int64(ordered[0].certificate.notValidAfter.timeIntervalSince1970))
    }

    private static func readKey(
        _ pasted: Secret
    ) throws(PasteProblem) -> (block: PEMBlock, key: Certificate.PrivateKey) {
        let block = try PrivateKeyText.block(in: pasted, of: .keyfile)
        if block.label == PEMBlock.openSSHLabel {
            throw PasteProblem(
                .invalidKey, "keyfile holds a private key in OpenSSH's own format, which TLS does not use.",
                hint: "Convert a copy by `ssh-keygen -p -m PEM -f key` and paste the result into keyfile.")
        }
        if PrivateKeyText.isEncrypted(block) {
            throw PasteProblem(
                .keyPassphraseRequired, "keyfile holds a private key that is encrypted with a passphrase.",
                hint: "Decrypt it by `openssl pkey -in key.pem -out key-clear.pem` and paste the result into keyfile.")
        }
        guard let key = PrivateKeyText.read(block) else {
            throw PasteProblem(
                .invalidKey,
                "keyfile holds a private key that cannot be read: it is damaged or of an unsupported kind.",
                hint:
                    "Set keyfile to an RSA (2048 bits and more), ECDSA (P-256, P-384, P-521) or Ed25519 key."
            )
        }
        return (block, key)
    }

    /// The leaf, then each issuer of the one before, then what is left.
    private static func order(_ chain: [ReadCertificate], leaf: Int) -> [ReadCertificate] {
        var rest = chain
        var ordered = [rest.remove(at: leaf)]
        while let issuer = ordered.last?.certificate.issuer,
            let next = rest.firstIndex(where: { $0.certificate.subject == issuer })
        {
            ordered.append(rest.remove(at: next))
        }
        return ordered + rest
    }

    private static func shown(_ subject: DistinguishedName) -> String {
        let text = subject.description
        return text.isEmpty ? "no name" : text.quoted
    }
}
