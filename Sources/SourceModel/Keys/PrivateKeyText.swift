import SwiftASN1
import X509

/// Finds the private key in a pasted text and says what the text is where there is none.
enum PrivateKeyText {
    /// The one block with a private key. Certificates and curve parameters around it are passed over.
    static func block(in pasted: Secret, of field: Field) throws(PasteProblem) -> PEMBlock {
        let text = pasted.reveal()
        let pem: PEMText
        do {
            pem = try PEMText(text)
        } catch {
            throw .text(text, error, in: field, wanted: .privateKey)
        }
        let keys = pem.blocks.filter { $0.content == .privateKey }
        guard keys.count < 2 else {
            throw PasteProblem(
                .invalidKey, "\(field.rawValue) holds \(keys.count) private keys.",
                hint: "Keep one private key in \(field.rawValue).")
        }
        if let key = keys.first { return key }
        // A text that could be read has a block.
        let telling = pem.blocks.first { $0.content != .parameters } ?? pem.blocks[0]
        throw .block(telling, in: field, wanted: .privateKey)
    }

    /// Whether a passphrase protects a key in one of OpenSSL's forms.
    static func isEncrypted(_ block: PEMBlock) -> Bool {
        block.label == "ENCRYPTED PRIVATE KEY" || block["Proc-Type"]?.hasSuffix("ENCRYPTED") == true
    }

    /// Reads PKCS #8, PKCS #1 and SEC 1; nil where the key is damaged or of another kind.
    static func read(_ block: PEMBlock) -> Certificate.PrivateKey? {
        try? Certificate.PrivateKey(pemDocument: PEMDocument(type: block.label, derBytes: block.bytes))
    }
}
