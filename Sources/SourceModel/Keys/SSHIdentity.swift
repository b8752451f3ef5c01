import CryptoExtras
import Foundation
import X509

/// A private key for a login by SSH, found readable as far as its encryption lets us see.
struct SSHIdentity: Equatable {
    /// The key's text, repaired: only the block of the private key.
    let text: Secret
    let isEncrypted: Bool

    /// - Throws: what the text is instead, or why the key cannot be used.
    init(_ pasted: Secret) throws(PasteProblem) {
        let field = Field.sshIdentity
        let block = try PrivateKeyText.block(in: pasted, of: field)
        text = Secret(block.text)
        switch block.label {
        case PEMBlock.openSSHLabel:
            guard let key = OpenSSHKey(block.bytes) else { throw Self.unreadable }
            if let refusal = SSHKeyType.refusal(key.type) {
                throw PasteProblem(
                    .invalidKey, "sshIdentity holds \(refusal).",
                    hint: "Set sshIdentity to an ed25519, ECDSA or RSA key: `ssh-keygen -t ed25519` makes one.")
            }
            isEncrypted = key.isEncrypted
        case _ where Self.isDSA(block):
            throw PasteProblem(
                .invalidKey, "sshIdentity holds a DSA key, which SSH servers no longer take.",
                hint: "Set sshIdentity to an ed25519, ECDSA or RSA key: `ssh-keygen -t ed25519` makes one.")
        default:
            isEncrypted = PrivateKeyText.isEncrypted(block)
            guard isEncrypted || PrivateKeyText.read(block) != nil || Self.isShortRSA(block) else {
                throw Self.unreadable
            }
        }
    }

    private static let unreadable = PasteProblem(
        .invalidKey, "sshIdentity holds a private key that cannot be read: it is damaged or of an unsupported kind.",
        hint: "Paste the whole private key into sshIdentity: ed25519, ECDSA (P-256, P-384, P-521) or RSA.")

    /// Whether the label or, at the beginning of PKCS #8, the algorithm 1.2.840.10040.4.1 says DSA.
    private static func isDSA(_ block: PEMBlock) -> Bool {
        block.label == "DSA PRIVATE KEY"
            || Data(block.bytes.prefix(40)).range(of: dsaIdentifier) != nil
    }

    private static let dsaIdentifier = Data([0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04, 0x01])

    /// RSA of 1,024 to 2,047 bits is too short for TLS; whether it will do is here the SSH server's to say.
    private static func isShortRSA(_ block: PEMBlock) -> Bool {
        block.label != "EC PRIVATE KEY" && (try? _RSA.Signing.PrivateKey(unsafeDERRepresentation: block.bytes)) != nil
    }
}

/// What can be told of a pasted private key before it is used.
package enum SSHKeyText {
    /// Whether a passphrase is needed; false for what is no key that can be read.
    package static func isEncrypted(_ pasted: Secret) -> Bool { (try? SSHIdentity(pasted))?.isEncrypted ?? false }
}
