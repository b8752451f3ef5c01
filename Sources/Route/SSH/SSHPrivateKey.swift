import CLibSSH
import Crypto
import Foundation
import SourceModel

/// A private key that has been read into memory; released with the object.
final class SSHPrivateKey {
    let handle: ssh_key
    /// Whether the text was encrypted: then the password was its passphrase and is no login secret.
    let wasEncrypted: Bool

    /// Reads OpenSSH's own form, PKCS#1, PKCS#8 and SEC 1, encrypted or not. Stage `validate`.
    init(_ text: Secret, passphrase: Secret?) throws(SourceFailure) {
        guard LibSSH.ready else { throw SSHKeyFailures.unreadable("a key of a known form") }
        let form = try Self.form(of: text)
        if form.isEncrypted, passphrase?.isEmpty ?? true { throw SSHKeyFailures.passphraseRequired }
        var key: ssh_key?
        let ended = Secret(text.reveal() + "\n")
        // The passphrase is never null: the library would ask for one at the terminal.
        let result = ended.withCString { text in
            (passphrase ?? Secret("")).withCString { ssh_pki_import_privkey_base64(text, $0, nil, nil, &key) }
        }
        guard result == SSH_OK, let key else {
            throw form.isEncrypted ? SSHKeyFailures.passphraseWrong : SSHKeyFailures.unreadable(form.name)
        }
        handle = form.isPKCS8 && ssh_key_type(key) == SSH_KEYTYPE_ED25519 ? try Ed25519Text.whole(key, text) : key
        wasEncrypted = form.isEncrypted
    }

    deinit { ssh_key_free(handle) }

    private struct Form {
        var name: String
        var isEncrypted: Bool
        var isPKCS8 = false
    }

    /// Tells the form by its markers, so that what cannot be read is named.
    private static func form(of secret: Secret) throws(SourceFailure) -> Form {
        let text = secret.reveal()
        if text.hasPrefix("PuTTY-User-Key-File") { throw SSHKeyFailures.putty }
        if ["ssh-", "ecdsa-sha2-", "sk-"].contains(where: text.hasPrefix)
            || text.contains("BEGIN PUBLIC KEY") || text.contains("BEGIN SSH2 PUBLIC KEY")
            || text.contains("BEGIN RSA PUBLIC KEY")
        {
            throw SSHKeyFailures.publicKey
        }
        if text.contains("-----BEGIN CERTIFICATE-----") { throw SSHKeyFailures.certificate }
        let lockedByHeader = text.contains("Proc-Type: 4,ENCRYPTED")
        if text.contains("-----BEGIN OPENSSH PRIVATE KEY-----") { return try openSSHForm(of: text) }
        if text.contains("-----BEGIN RSA PRIVATE KEY-----") {
            return Form(name: "an RSA key in PKCS#1 form", isEncrypted: lockedByHeader)
        }
        if text.contains("-----BEGIN EC PRIVATE KEY-----") {
            return Form(name: "an ECDSA key in SEC 1 form", isEncrypted: lockedByHeader)
        }
        if text.contains("-----BEGIN DSA PRIVATE KEY-----") { throw SSHKeyFailures.unsupported("ssh-dss") }
        if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
            return Form(name: "an encrypted key in PKCS#8 form", isEncrypted: true, isPKCS8: true)
        }
        if text.contains("-----BEGIN PRIVATE KEY-----") {
            return Form(name: "a key in PKCS#8 form", isEncrypted: false, isPKCS8: true)
        }
        throw SSHKeyFailures.noMarkers
    }

    /// Reads the clear head of OpenSSH's form: cipher, and the public key's type.
    private static func openSSHForm(of text: String) throws(SourceFailure) -> Form {
        let name = "a key in OpenSSH's form"
        let body = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }.joined()
        guard let data = Data(base64Encoded: body, options: .ignoreUnknownCharacters) else {
            throw SSHKeyFailures.unreadable(name)
        }
        var reader = SSHWireReader(data)
        guard reader.take(15).map({ $0.elementsEqual("openssh-key-v1\0".utf8) }) == true,
            let cipher = reader.takeString(), reader.takeString() != nil, reader.takeString() != nil,
            reader.takeNumber() == 1, let publicKey = reader.takeString()
        else { throw SSHKeyFailures.unreadable(name) }
        var keyReader = SSHWireReader(publicKey)
        let type = keyReader.takeString().map { String(decoding: $0, as: UTF8.self) } ?? ""
        if type == "ssh-dss" || type.hasPrefix("sk-") { throw SSHKeyFailures.unsupported(type) }
        return Form(name: "\(name) (\(LibSSH.plain(type)))", isEncrypted: !cipher.elementsEqual("none".utf8))
    }
}

/// libssh 0.10 reads an ed25519 key in PKCS#8 form (RFC 8410) without its public half and then cannot log in with it.
/// In OpenSSH's own form it reads the same key whole.
private enum Ed25519Text {
    /// Replaces a key by one that has both halves; the given one is freed.
    /// - Parameter text: what the key was read from. Where that is encrypted the key's first half cannot be had.
    static func whole(_ half: ssh_key, _ text: Secret) throws(SourceFailure) -> ssh_key {
        ssh_key_free(half)
        guard let text = openSSHText(of: text.reveal()) else { throw SSHKeyFailures.encryptedEd25519 }
        var key: ssh_key?
        let result = text.withCString { ssh_pki_import_privkey_base64($0, "", nil, nil, &key) }
        guard result == SSH_OK, let key else { throw SSHKeyFailures.encryptedEd25519 }
        return key
    }

    private static func openSSHText(of pem: String) -> Secret? {
        let body = pem.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }.joined()
        // The algorithm's identifier, then the seed as an octet string in an octet string.
        let head: [UInt8] = [0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]
        guard let der = Data(base64Encoded: body), let found = der.firstRange(of: Data(head)),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: der[found.upperBound...].prefix(32))
        else { return nil }
        func string(_ bytes: some Collection<UInt8>) -> Data {
            withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Data($0) } + Data(bytes)
        }
        let type = string("ssh-ed25519".utf8)
        let point = key.publicKey.rawRepresentation
        var secret = Data(repeating: 1, count: 8) + type + string(point)
        secret += string(key.rawRepresentation + point) + string([])
        // Filled up to the cipher's block of eight with 1, 2, 3 …
        for filler in 1..<UInt8(8) where secret.count % 8 != 0 { secret.append(filler) }
        var blob = Data("openssh-key-v1\0".utf8) + string("none".utf8) + string("none".utf8) + string([])
        blob += Data([0, 0, 0, 1]) + string(type + string(point)) + string(secret)
        let lines = blob.base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return Secret("-----BEGIN OPENSSH PRIVATE KEY-----\n\(lines)\n-----END OPENSSH PRIVATE KEY-----\n")
    }
}

/// Reads the strings and numbers of SSH's data types (RFC 4251, section 5).
struct SSHWireReader {
    private var rest: Data.SubSequence

    init(_ data: some DataProtocol) { rest = Data(data)[...] }

    mutating func take(_ count: Int) -> Data? {
        guard count >= 0, rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Data(rest.prefix(count))
    }

    mutating func takeNumber() -> UInt32? {
        take(4)?.reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func takeString() -> Data? {
        guard let count = takeNumber() else { return nil }
        return take(Int(count))
    }
}

/// Words what is wrong with `sshIdentity`. Stage `validate`.
enum SSHKeyFailures {
    private static let forms =
        "Paste the private key's text: OpenSSH, PKCS#1, PKCS#8 or SEC 1, of type ed25519, ECDSA or RSA."

    private static func failure(_ code: FailureCode, _ message: String, hint: String, field: Field) -> SourceFailure {
        SourceFailure(
            .validate, code, message, hint: hint,
            fields: [FieldComplaint(field: field.rawValue, code: code, message: message)])
    }

    static func unreadable(_ form: String) -> SourceFailure {
        failure(
            .invalidKey, "sshIdentity looks like \(form), but cannot be read.", hint: forms, field: .sshIdentity)
    }

    static func unsupported(_ type: String) -> SourceFailure {
        failure(
            .invalidKey, "sshIdentity holds a key of type \(LibSSH.plain(type)), which cannot be used here.",
            hint: "Use a key of type ed25519, ECDSA or RSA.", field: .sshIdentity)
    }

    static let encryptedEd25519 = failure(
        .invalidKey, "sshIdentity holds an encrypted ed25519 key in PKCS#8 form, which cannot be used here.",
        hint: "Decrypt the key, or store it in OpenSSH's own form.", field: .sshIdentity)

    static let noMarkers = failure(
        .invalidKey, "sshIdentity holds no private key.", hint: forms, field: .sshIdentity)

    static let publicKey = failure(
        .invalidKey, "sshIdentity holds a public key.",
        hint: "Paste the private key: the file without .pub.", field: .sshIdentity)

    static let certificate = failure(
        .invalidKey, "sshIdentity holds a certificate.", hint: forms, field: .sshIdentity)

    static let putty = failure(
        .invalidKey, "sshIdentity holds a PuTTY key file.",
        hint: "Export the key in PuTTYgen as an OpenSSH key and paste that.", field: .sshIdentity)

    static let passphraseRequired = failure(
        .keyPassphraseRequired, "The key in sshIdentity is encrypted.",
        hint: "Set sshPassword to the key's passphrase.", field: .sshPassword)

    static let passphraseWrong = failure(
        .keyPassphraseWrong, "The passphrase does not open the key in sshIdentity.",
        hint: "Set sshPassword to the key's passphrase.", field: .sshPassword)
}
