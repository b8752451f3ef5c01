import Crypto
import Foundation

extension HostKey {
    /// Reads a `known_hosts` line (hashed hosts too), a public key line, `SHA256:…`, or what `ssh-keygen -l` prints.
    ///
    /// - Throws: what the text is instead.
    init(pasted: String) throws(PasteProblem) {
        if pasted.contains("PRIVATE KEY") {
            throw Self.problem("holds a private key, which must not stand there", Self.usage)
        }
        let lines = pasted.split(whereSeparator: \.isNewline).map { String($0).trimmedBlanks }
            .filter { !$0.isEmpty && !$0.hasPrefix("#") }
        guard let line = lines.first else { throw Self.problem("holds no key", Self.usage) }
        guard lines.count == 1 else {
            throw Self.problem(
                "holds \(lines.count) lines; it takes one", "Keep one line in sshHostKey, best the ssh-ed25519 one.")
        }
        var words = line.split(whereSeparator: \.isWhitespace)[...]
        if let marker = words.first, marker.hasPrefix("@") {
            switch marker {
            case "@cert-authority":
                throw Self.problem(
                    "is a @cert-authority line; host certificates are not supported",
                    "Set sshHostKey to the host's own key.")
            case "@revoked":
                throw Self.problem("is a @revoked line: that key must not be trusted", "Set sshHostKey to a valid key.")
            default: throw Self.problem("begins with an unknown marker", Self.usage)
            }
        }
        if let word = words.first(where: { $0.hasPrefix("SHA256:") }) {
            self = .fingerprint(try Self.fingerprint(word.dropFirst("SHA256:".count)))
            return
        }
        if words.contains(where: { $0.hasPrefix("MD5:") }) {
            throw Self.problem(
                "is an MD5 fingerprint, which proves nothing", "Set sshHostKey to a SHA256:… fingerprint.")
        }
        // A public key line begins with its type, a known_hosts line with the hosts' names.
        if words.count > 2, !Self.isBlob(words[1]) { words = words.dropFirst() }
        guard words.count >= 2, let type = words.popFirst(), let encoded = words.popFirst() else {
            throw Self.problem("is neither a key line nor a fingerprint", Self.usage)
        }
        self = try Self.key(type: String(type), encoded: encoded)
    }

    /// What the record stores and shows: `TYPE BLOB` or `SHA256:…`; reads back as the same value.
    package var text: String {
        switch self {
        case .key(let type, let blob): "\(type) \(Data(blob).base64EncodedString())"
        case .fingerprint(let digest): "SHA256:\(Data(digest).base64EncodedString().prefix { $0 != "=" })"
        }
    }

    private static func key(type: String, encoded: Substring) throws(PasteProblem) -> HostKey {
        guard isBlob(encoded) else { throw problem("is neither a key line nor a fingerprint", usage) }
        if let refusal = SSHKeyType.refusal(type) {
            throw problem("holds \(refusal)", "Set sshHostKey to an ed25519, ECDSA or RSA key.")
        }
        guard let blob = Data(base64Encoded: String(encoded)).map(Array.init),
            SSHKeyType.isComplete(blob, type: type)
        else {
            throw problem("holds a \(type) key that is not complete", "Paste the whole line into sshHostKey.")
        }
        return .key(type: type, blob: blob)
    }

    private static func fingerprint(_ text: Substring) throws(PasteProblem) -> [UInt8] {
        var digits = String(text)
        while digits.hasSuffix("=") { digits.removeLast() }
        digits += String(repeating: "=", count: (4 - digits.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: digits), data.count == SHA256.byteCount else {
            throw problem(
                "is a SHA256 fingerprint that is not complete: 43 characters follow SHA256:",
                "Copy the fingerprint again, as `ssh-keygen -l` prints it.")
        }
        return Array(data)
    }

    /// Every blob begins with the length of its type, whose first two bytes are zero.
    private static func isBlob(_ word: Substring) -> Bool { word.hasPrefix("AAAA") }

    private static func problem(_ what: String, _ hint: String) -> PasteProblem {
        PasteProblem(.invalidField, "sshHostKey \(what).", hint: hint)
    }

    private static let usage =
        "Set sshHostKey to a line of known_hosts, a public key line or SHA256:…; `ssh-keyscan HOST` prints lines."
}
