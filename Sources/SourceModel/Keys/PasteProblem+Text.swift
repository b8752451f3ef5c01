import Foundation

extension PasteProblem {
    /// Names what a text without readable PEM blocks is.
    static func text(_ pasted: String, _ damage: PEMText.Damage, in field: Field, wanted: PasteKind) -> PasteProblem {
        let name = field.rawValue
        let again = "Paste \(wanted.noun) into \(name), from \(wanted.marker) to its END line."
        switch damage {
        case .noEnd(let label):
            return PasteProblem(
                wanted.code, "\(name) is cut off: \(Self.block(label)) begins and has no END line of its own.",
                hint: "Paste the whole text into \(name), its END line included.")
        case .cut(let label):
            return PasteProblem(
                wanted.code, "\(name) is damaged: what stands in \(Self.block(label)) is not complete base64.",
                hint: "Copy the text again and paste all of it into \(name).")
        case .noBlock: break
        }
        let text = PEMText.unescaped(pasted).trimmedBlanks
        if text.hasPrefix("PuTTY-User-Key-File-") {
            let version = text.dropFirst("PuTTY-User-Key-File-".count).prefix { $0.isASCII && $0.isNumber }
            return PasteProblem(
                wanted.code, "\(name) holds a PuTTY key file (version \(version)), which is PuTTY's own format.",
                hint: "Convert it by `puttygen key.ppk -O private-openssh -o key` and paste the result into \(name).")
        }
        if text.contains("BEGIN SSH2 PUBLIC KEY") {
            return publicKey("an SSH2 public key", in: field, wanted: wanted)
        }
        if let type = SSHPublicKeyLine.type(in: text) {
            return publicKey("a public key (\(type))", in: field, wanted: wanted)
        }
        if text.contains("-----END ") {
            return PasteProblem(
                wanted.code, "\(name) is cut off: an END line has no BEGIN line.",
                hint: "Paste the whole text into \(name), its BEGIN line included.")
        }
        if isPath(pasted.trimmedBlanks) {
            return PasteProblem(
                wanted.code, "\(name) holds a file's path, not the file's content.",
                hint: "Paste the file's content into \(name).")
        }
        if let kind = binaryKind(text) {
            return PasteProblem(
                wanted.code, "\(name) holds \(kind) as base64 without PEM markers.", hint: "\(again)\(conversion(kind))"
            )
        }
        return PasteProblem(wanted.code, "\(name) holds no PEM text: there is no BEGIN line.", hint: again)
    }

    /// Names what a readable block is that does not belong into the field.
    static func block(_ block: PEMBlock, in field: Field, wanted: PasteKind) -> PasteProblem {
        let name = field.rawValue
        let again = "Paste \(wanted.noun) into \(name), from \(wanted.marker) to its END line."
        let message: String
        switch block.content {
        case .certificate, .trustedCertificate:
            message = "\(name) holds a certificate, not a private key."
            let hint =
                field == .keyfile
                ? "Put the certificate into certificate and its private key into keyfile."
                : "Paste the private key into \(name)."
            return PasteProblem(wanted.code, message, hint: hint)
        case .privateKey:
            return PasteProblem(
                wanted.code, "\(name) holds a private key, which must not stand there: \(name) is shown to readers.",
                hint: "Put the private key into keyfile and only certificates into \(name).")
        case .publicKey: return publicKey("a public key", in: field, wanted: wanted)
        case .request: message = "\(name) holds a certificate request, not \(wanted.noun)."
        case .parameters: message = "\(name) holds parameters (\(block.label.prefix(40))), not \(wanted.noun)."
        case .revocationList: message = "\(name) holds a revocation list, not \(wanted.noun)."
        case .pkcs7:
            return PasteProblem(
                wanted.code, "\(name) holds a PKCS #7 bundle, not \(wanted.noun).",
                hint: "Convert it by `openssl pkcs7 -print_certs -in bundle.p7b` and paste the certificates.")
        case .other: message = "\(name) holds a block that is not \(wanted.noun): \(Self.block(block.label))."
        }
        return PasteProblem(wanted.code, message, hint: again)
    }

    private static func publicKey(_ what: String, in field: Field, wanted: PasteKind) -> PasteProblem {
        let hint =
            switch wanted {
            case .privateKey: "Paste the private half into \(field.rawValue): the file without .pub at its end."
            case .certificate: "Paste \(wanted.noun) into \(field.rawValue), from \(wanted.marker) to its END line."
            }
        return PasteProblem(wanted.code, "\(field.rawValue) holds \(what), not \(wanted.noun).", hint: hint)
    }

    /// A label in a sentence. It is the caller's text, so only what labels are made of is repeated.
    private static func block(_ label: String) -> String {
        let isLabel = label.utf8.count <= 40 && label.utf8.allSatisfy { $0 == 0x20 || (0x30...0x5A).contains($0) }
        return isLabel && !label.isEmpty ? "the block \(label)" : "a block"
    }

    private static func isPath(_ text: String) -> Bool {
        guard text.utf8.count <= 1024, !text.contains(where: \.isNewline) else { return false }
        let beginsLikeOne = ["/", "~/", "./", "../", "~", "file://", "$HOME", "%USERPROFILE%"].contains {
            text.hasPrefix($0)
        }
        let letters = Array(text.prefix(3))
        let isWindows = letters.count == 3 && letters[0].isLetter && letters[1] == ":" && "\\/".contains(letters[2])
        let endsLikeOne = [".pem", ".key", ".crt", ".cer", ".p12", ".pfx", ".ppk", ".pub", "id_rsa", "id_ed25519"]
            .contains { text.lowercased().hasSuffix($0) }
        // Base64 may begin with a slash, so that alone is no sign where the text is as long as a key.
        return isWindows || endsLikeOne || beginsLikeOne && (text.utf8.count < 200 || text.contains("."))
    }

    /// What base64 without markers holds, by its first bytes.
    private static func binaryKind(_ text: String) -> String? {
        let joined = text.split(whereSeparator: \.isWhitespace).joined()
        guard joined.utf8.count >= 40, let data = Data(base64Encoded: joined) else { return nil }
        let bytes = Array(data)
        if bytes.starts(with: "openssh-key-v1\0".utf8) { return "an OpenSSH private key" }
        guard bytes.first == 0x30 else { return nil }
        // PKCS #12 (RFC 7292): a sequence that begins with the version 3.
        let headerLength = bytes[1] < 0x80 ? 2 : 2 + Int(bytes[1] & 0x7F)
        guard bytes.count > headerLength + 3 else { return nil }
        return bytes[headerLength...].starts(with: [0x02, 0x01, 0x03]) ? "a PKCS #12 file" : "a DER file"
    }

    private static func conversion(_ kind: String) -> String {
        switch kind {
        case "a PKCS #12 file": " `openssl pkcs12 -in file.p12 -nodes` writes one as PEM."
        case "a DER file": " `openssl pkey -inform DER` or `openssl x509 -inform DER` writes it as PEM."
        default: ""
        }
    }
}
