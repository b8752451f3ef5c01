import SwiftASN1
import X509

/// Reads pasted certificates: a chain, or trust anchors.
enum CertificateText {
    /// Every certificate in the text, in its order.
    ///
    /// - Throws: what the text is instead, or which certificate cannot be read.
    static func read(_ pasted: String, of field: Field) throws(PasteProblem) -> [ReadCertificate] {
        let pem: PEMText
        do {
            pem = try PEMText(pasted)
        } catch {
            throw .text(pasted, error, in: field, wanted: .certificate)
        }
        if let key = pem.blocks.first(where: { $0.content == .privateKey }) {
            throw .block(key, in: field, wanted: .certificate)
        }
        var certificates: [ReadCertificate] = []
        for (index, block) in pem.blocks.enumerated() {
            guard block.content == .certificate else {
                if block.content == .trustedCertificate { throw trusted(field, index: index) }
                throw .block(block, in: field, wanted: .certificate)
            }
            guard let certificate = try? Certificate(derEncoded: block.bytes) else {
                let which =
                    pem.blocks.count == 1
                    ? "\(field.rawValue) holds a certificate that cannot be read."
                    : "Certificate \(index + 1) of \(pem.blocks.count) in \(field.rawValue) cannot be read."
                throw PasteProblem(
                    .invalidCertificate, which,
                    hint: "Copy the certificate again and paste all of it into \(field.rawValue).")
            }
            certificates.append(ReadCertificate(certificate: certificate, der: block.bytes))
        }
        return certificates
    }

    private static func trusted(_ field: Field, index: Int) -> PasteProblem {
        PasteProblem(
            .invalidCertificate,
            "Block \(index + 1) of \(field.rawValue) is in OpenSSL's own form (TRUSTED CERTIFICATE).",
            hint: "Convert it by `openssl x509 -in file.pem` and paste the result into \(field.rawValue).")
    }
}

/// A certificate with the bytes that it was read from.
struct ReadCertificate: Equatable {
    let certificate: Certificate
    let der: [UInt8]
}
