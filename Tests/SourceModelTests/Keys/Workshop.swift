import Foundation

/// Keys and certificates of the tests, made by OpenSSH's and OpenSSL's own programs when first asked for.
struct Workshop: Sendable {
    static let shared = Result { try Workshop() }

    /// Runs what a test needs, in a folder that is removed afterwards.
    private let texts: [String: String]

    /// The text of one file that the workshop made.
    func text(_ name: String) throws -> String {
        guard let text = texts[name] else { throw CocoaError(.fileNoSuchFile) }
        return text
    }

    static func text(_ name: String) throws -> String { try shared.get().text(name) }

    static let passphrase = "a phrase: with \"blanks\" ü"

    /// Private keys that an SSH login takes without a passphrase.
    static let plainSSHKeys = [
        "ed25519", "ecdsa256", "ecdsa384", "ecdsa521", "rsa", "rsa-pkcs1", "rsa-pkcs8", "ecdsa-sec1", "ecdsa-pkcs8",
        "ed25519-pkcs8",
    ]

    /// Private keys that need one.
    static let encryptedSSHKeys = ["ed25519-encrypted", "rsa-encrypted", "rsa-pkcs1-encrypted", "rsa-pkcs8-encrypted"]

    /// Private keys that a client certificate may have.
    static let tlsKeys = ["rsa-pkcs1", "rsa-pkcs8", "ecdsa-sec1", "ecdsa-pkcs8", "ed25519-pkcs8"]

    private init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "wellhead-keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.path
        func run(_ line: String...) throws { try Self.run(line, in: folder) }
        func sshKey(_ name: String, _ arguments: [String], passphrase: String = "") throws {
            try Self.run(
                ["ssh-keygen", "-q"] + arguments + ["-N", passphrase, "-C", name, "-f", "\(path)/\(name)"], in: folder)
        }
        try sshKey("ed25519", ["-t", "ed25519"])
        try sshKey("ed25519-encrypted", ["-t", "ed25519"], passphrase: Self.passphrase)
        for bits in ["256", "384", "521"] { try sshKey("ecdsa\(bits)", ["-t", "ecdsa", "-b", bits]) }
        try sshKey("ecdsa-sec1", ["-t", "ecdsa", "-b", "256", "-m", "PEM"])
        try sshKey("ecdsa-pkcs8", ["-t", "ecdsa", "-b", "384", "-m", "PKCS8"])
        try sshKey("rsa", ["-t", "rsa", "-b", "2048"])
        try sshKey("rsa-encrypted", ["-t", "rsa", "-b", "2048"], passphrase: Self.passphrase)
        try sshKey("rsa-pkcs1", ["-t", "rsa", "-b", "2048", "-m", "PEM"])
        try sshKey("rsa-pkcs8", ["-t", "rsa", "-b", "2048", "-m", "PKCS8"])
        try sshKey("rsa-pkcs1-encrypted", ["-t", "rsa", "-b", "2048", "-m", "PEM"], passphrase: Self.passphrase)
        try sshKey("rsa-pkcs8-encrypted", ["-t", "rsa", "-b", "2048", "-m", "PKCS8"], passphrase: Self.passphrase)
        try run("openssl", "genpkey", "-algorithm", "ed25519", "-out", "ed25519-pkcs8")
        // An authority and, for each key that TLS takes, a leaf that it signed.
        try run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            "ca-key", "-out", "ca", "-days", "30", "-subj", "/CN=Test Authority")
        try run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            "ca2-key", "-out", "ca2", "-days", "30", "-subj", "/CN=Second Authority")
        for key in Self.tlsKeys {
            try run("openssl", "req", "-new", "-key", key, "-out", "\(key).csr", "-subj", "/CN=reader")
            try run(
                "openssl", "x509", "-req", "-in", "\(key).csr", "-CA", "ca", "-CAkey", "ca-key", "-CAcreateserial",
                "-days", "20", "-out", "\(key).crt")
        }
        try run("openssl", "x509", "-in", "rsa-pkcs8.crt", "-trustout", "-out", "trusted")
        try run("openssl", "pkey", "-in", "rsa-pkcs8", "-pubout", "-out", "public")
        try run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-out", "ecparam")
        try run("openssl", "dsaparam", "-genkey", "-out", "dsa", "1024")
        try run("openssl", "genrsa", "-out", "rsa1024", "1024")
        try run(
            "openssl", "pkcs12", "-export", "-in", "rsa-pkcs8.crt", "-inkey", "rsa-pkcs8", "-out", "p12.bin",
            "-passout",
            "pass:x")
        try run("openssl", "pkey", "-in", "rsa-pkcs8", "-outform", "DER", "-out", "der.bin")
        try run("openssl", "crl2pkcs7", "-nocrl", "-certfile", "ca", "-out", "p7b")
        try run("sh", "-c", "ssh-keygen -e -f rsa.pub > ssh2")
        var texts: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            let data = try Data(contentsOf: folder.appending(path: name))
            texts[name] = name.hasSuffix(".bin") ? data.base64EncodedString() : String(decoding: data, as: UTF8.self)
        }
        self.texts = texts
    }

    private static func run(_ line: [String], in folder: URL) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = line
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(line: line.joined(separator: " ")) }
    }

    struct Failed: Error { let line: String }
}

/// What happens to keys on their way through clipboards, forms and environment files.
enum Damage: String, CaseIterable, Sendable {
    case none, escapedNewlines, doublyEscapedNewlines, escapedCRLF, crlf, cr, blanks, noFinalNewline, leadingBlanks,
        indented, byteOrderMark, trailingLines, doubleQuotes, singleQuotes, trailingBlanks, nonBreakingBlanks,
        everythingAtOnce

    func applied(to text: String) -> String {
        switch self {
        case .none: text
        case .escapedNewlines: text.replacing("\n", with: "\\n")
        case .doublyEscapedNewlines: text.replacing("\n", with: "\\\\n")
        case .escapedCRLF: text.replacing("\n", with: "\\r\\n")
        case .crlf: text.replacing("\n", with: "\r\n")
        case .cr: text.replacing("\n", with: "\r")
        case .blanks: text.replacing("\n", with: " ")
        case .noFinalNewline: String(text.reversed().drop { $0.isNewline }.reversed())
        case .leadingBlanks: "  \n\t " + text
        case .indented:
            text.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }.joined(separator: "\n")
        case .byteOrderMark: "\u{FEFF}" + text
        case .trailingLines: text + "\n \n\n\t\n"
        case .doubleQuotes: "\"\(text)\""
        case .singleQuotes: "'\(text)'"
        case .trailingBlanks: text.replacing("\n", with: "  \n")
        case .nonBreakingBlanks: text.replacing("\n", with: "\u{A0}\n")
        case .everythingAtOnce:
            "\u{FEFF}\"  " + text.replacing("\n", with: " \\r\\n\t").trimmingCharacters(in: .whitespaces)
                + "\" \r\n\r\n"
        }
    }
}
