import Foundation

/// One `BEGIN … END` block (RFC 7468; RFC 1421 for the headers of encrypted keys).
struct PEMBlock: Equatable {
    /// A header inside the block, such as `DEK-Info`.
    struct Header: Equatable {
        let name: String
        let value: String
    }

    /// What stands after `BEGIN`.
    let label: String
    let headers: [Header]
    /// What the block holds, decoded.
    let bytes: [UInt8]

    /// The block as it should be written: lines of 64 characters (70 for OpenSSH's own form), a final line break.
    var text: String {
        var text = "-----BEGIN \(label)-----\n"
        for header in headers { text += "\(header.name): \(header.value)\n" }
        if !headers.isEmpty { text += "\n" }
        var rest = Data(bytes).base64EncodedString()[...]
        let width = label == PEMBlock.openSSHLabel ? 70 : 64
        while !rest.isEmpty {
            text += rest.prefix(width) + "\n"
            rest = rest.dropFirst(width)
        }
        return text + "-----END \(label)-----\n"
    }

    /// The value of a header.
    subscript(header: String) -> String? {
        headers.first { $0.name.lowercased() == header.lowercased() }?.value
    }

    static let openSSHLabel = "OPENSSH PRIVATE KEY"

    /// What a block is by its label.
    enum Content: Equatable {
        case certificate, trustedCertificate, privateKey, publicKey, request, parameters, revocationList, pkcs7, other
    }

    var content: Content { Content(label: label) }
}

extension PEMBlock.Content {
    init(label: String) {
        self =
            switch label {
            case "CERTIFICATE", "X509 CERTIFICATE": .certificate
            case "TRUSTED CERTIFICATE": .trustedCertificate
            case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY",
                PEMBlock.openSSHLabel:
                .privateKey
            case "PUBLIC KEY", "RSA PUBLIC KEY", "EC PUBLIC KEY", "SSH2 PUBLIC KEY": .publicKey
            case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST": .request
            case "DH PARAMETERS", "EC PARAMETERS", "DSA PARAMETERS", "X9.42 DH PARAMETERS": .parameters
            case "X509 CRL": .revocationList
            case "PKCS7", "CMS", "PKCS #7 SIGNED DATA": .pkcs7
            default: .other
            }
    }
}
