import Crypto
import CryptoExtras
import Foundation

/// The work that makes a password slow to guess: PBKDF2 with the mechanism's hash (RFC 5802, `Hi`).
struct SaltedPasswordRequest: Equatable, Sendable {
    var mechanism: PasswordMechanism
    var password: SecretBytes
    var salt: [UInt8]
    var iterations: Int

    /// Does the work: about a third of a millisecond for each thousand iterations.
    func derive() throws(MongoWireError) -> SecretBytes {
        do {
            let key =
                switch mechanism {
                case .scramSHA256:
                    try KDF.Insecure.PBKDF2.deriveKey(
                        from: password.bytes, salt: salt, using: .sha256, outputByteCount: 32,
                        unsafeUncheckedRounds: iterations)
                case .scramSHA1:
                    try KDF.Insecure.PBKDF2.deriveKey(
                        from: password.bytes, salt: salt, using: .insecureSHA1, outputByteCount: 20,
                        unsafeUncheckedRounds: iterations)
                }
            return SecretBytes(key.withUnsafeBytes { Array($0) })
        } catch {
            throw .authenticationFailed(.malformedMessage)
        }
    }
}

/// The client's side of SCRAM-SHA-256 and SCRAM-SHA-1 (RFC 5802, RFC 7677), message by message. MongoDB binds no
/// channel.
struct SCRAMExchange: Equatable, Sendable {
    /// The iterations that a server may ask for. The least is RFC 7677's and MongoDB's; the most is a third of a second
    /// of work.
    static let iterations = 4096...1_000_000

    private enum State: Equatable {
        /// The first message is to be sent. Leads to `awaitingKey`.
        case started
        /// The server's first message is read; the salted password is being derived. Leads to `proven`.
        case awaitingKey(serverFirst: String, nonce: String)
        /// The proof is sent; the server has to prove itself. Leads to `verified`.
        case proven(authMessage: [UInt8], serverKey: SecretBytes)
        /// Both sides are proven.
        case verified
    }

    let mechanism: PasswordMechanism
    private let password: SecretBytes
    private let nonce: String
    private let clientFirstBare: String
    private var state = State.started

    init(_ mechanism: PasswordMechanism, username: String, password: SecretBytes, nonce: String) {
        self.mechanism = mechanism
        self.password = password
        self.nonce = nonce
        let name = username.replacing("=", with: "=3D").replacing(",", with: "=2C")
        clientFirstBare = "n=\(name),r=\(nonce)"
    }

    /// client-first-message.
    var clientFirst: [UInt8] { Array("n,,\(clientFirstBare)".utf8) }

    /// server-first-message: checks it and says what is to be derived.
    mutating func serverFirstReceived(_ message: [UInt8]) throws(AuthenticationFailure) -> SaltedPasswordRequest {
        guard case .started = state, let text = String(validating: message, as: UTF8.self) else {
            throw .malformedMessage
        }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0].hasPrefix("r="), parts[1].hasPrefix("s="), parts[2].hasPrefix("i="),
            let salt = Data(base64Encoded: String(parts[1].dropFirst(2))), !salt.isEmpty,
            let iterations = Int(parts[2].dropFirst(2))
        else { throw .malformedMessage }
        let combined = String(parts[0].dropFirst(2))
        guard combined.utf8.starts(with: nonce.utf8), combined.utf8.count > nonce.utf8.count else {
            throw .nonceMismatch
        }
        guard Self.iterations.contains(iterations) else { throw .iterationCountOutOfBounds(iterations) }
        state = .awaitingKey(serverFirst: text, nonce: combined)
        return SaltedPasswordRequest(
            mechanism: mechanism, password: password, salt: Array(salt), iterations: iterations)
    }

    /// The salted password is there: client-final-message, with the proof.
    mutating func saltedPasswordDerived(_ salted: SecretBytes) throws(AuthenticationFailure) -> [UInt8] {
        guard case .awaitingKey(let serverFirst, let nonce) = state else { throw .malformedMessage }
        let withoutProof = "c=\(Data("n,,".utf8).base64EncodedString()),r=\(nonce)"
        let authMessage = Array("\(clientFirstBare),\(serverFirst),\(withoutProof)".utf8)
        let clientKey = hmac(salted.bytes, Array("Client Key".utf8))
        let signature = hmac(hash(clientKey), authMessage)
        let proof = zip(clientKey, signature).map { $0 ^ $1 }
        state = .proven(
            authMessage: authMessage, serverKey: SecretBytes(hmac(salted.bytes, Array("Server Key".utf8))))
        return Array("\(withoutProof),p=\(Data(proof).base64EncodedString())".utf8)
    }

    /// server-final-message: checks the server's signature.
    mutating func serverFinalReceived(_ message: [UInt8]) throws(AuthenticationFailure) {
        guard case .proven(let authMessage, let serverKey) = state,
            let text = String(validating: message, as: UTF8.self)
        else { throw .malformedMessage }
        let first = text.split(separator: ",", omittingEmptySubsequences: false)[0]
        if first.hasPrefix("e=") { throw .refused(String(first.dropFirst(2))) }
        guard first.hasPrefix("v="), let signature = Data(base64Encoded: String(first.dropFirst(2))) else {
            throw .malformedMessage
        }
        guard isSignature(signature, of: authMessage, by: serverKey) else { throw .serverNotVerified }
        state = .verified
    }

    /// Whether the proof has been sent.
    var isProven: Bool {
        switch state {
        case .started, .awaitingKey: false
        case .proven, .verified: true
        }
    }

    private func hmac(_ key: [UInt8], _ data: [UInt8]) -> [UInt8] {
        switch mechanism {
        case .scramSHA256: Array(HMAC<SHA256>.authenticationCode(for: data, using: SymmetricKey(data: key)))
        case .scramSHA1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: data, using: SymmetricKey(data: key)))
        }
    }

    private func hash(_ data: [UInt8]) -> [UInt8] {
        switch mechanism {
        case .scramSHA256: Array(SHA256.hash(data: data))
        case .scramSHA1: Array(Insecure.SHA1.hash(data: data))
        }
    }

    /// Compared in constant time.
    private func isSignature(_ signature: Data, of data: [UInt8], by key: SecretBytes) -> Bool {
        let key = SymmetricKey(data: key.bytes)
        return switch mechanism {
        case .scramSHA256: HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: data, using: key)
        case .scramSHA1: HMAC<Insecure.SHA1>.isValidAuthenticationCode(signature, authenticating: data, using: key)
        }
    }
}
