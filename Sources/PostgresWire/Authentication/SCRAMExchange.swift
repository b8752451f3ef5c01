import Crypto
import CryptoExtras
import Foundation

/// How a SCRAM login is tied to the TLS session below (RFC 5802, section 6).
enum ChannelBinding: Equatable, Sendable {
    /// This side cannot bind: `n`.
    case unsupported
    /// This side could, the server did not offer it: `y`.
    case notOffered
    /// Bound to the server's certificate by its hash: `p=tls-server-end-point`.
    case serverEndPoint([UInt8])

    var header: String {
        switch self {
        case .unsupported: "n,,"
        case .notOffered: "y,,"
        case .serverEndPoint: "p=tls-server-end-point,,"
        }
    }
}

/// The work that makes a password slow to guess: PBKDF2 with HMAC-SHA-256 (RFC 5802, `Hi`).
struct SaltedPasswordRequest: Equatable, Sendable {
    var password: SecretBytes
    var salt: [UInt8]
    var iterations: Int

    /// Does the work: about a third of a millisecond for each thousand iterations.
    func derive() throws(PostgresWireError) -> SecretBytes {
        do {
            let key = try KDF.Insecure.PBKDF2.deriveKey(
                from: password.bytes, salt: salt, using: .sha256, outputByteCount: 32,
                unsafeUncheckedRounds: iterations)
            return SecretBytes(key.withUnsafeBytes { Array($0) })
        } catch {
            throw .authenticationFailed(.malformedMessage)
        }
    }
}

/// The client's side of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677), message by message.
struct SCRAMExchange: Equatable, Sendable {
    /// The most iterations that a server may ask for; about a third of a second of work.
    static let maximumIterations = 1_000_000

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

    private let password: SecretBytes
    private let binding: ChannelBinding
    private let nonce: String
    private let clientFirstBare: String
    private var state = State.started

    /// An exchange; PostgreSQL takes the user from the startup message, so `username` is left empty there.
    init(username: String = "", password: String, nonce: String, binding: ChannelBinding) {
        self.password = SecretBytes(SASLprep.prepare(password))
        self.binding = binding
        self.nonce = nonce
        let name = username.split(separator: "=", omittingEmptySubsequences: false).joined(separator: "=3D")
            .split(separator: ",", omittingEmptySubsequences: false).joined(separator: "=2C")
        clientFirstBare = "n=\(name),r=\(nonce)"
    }

    /// client-first-message.
    var clientFirst: [UInt8] { Array((binding.header + clientFirstBare).utf8) }

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
        guard (1...Self.maximumIterations).contains(iterations) else {
            throw .iterationCountOutOfBounds(iterations)
        }
        state = .awaitingKey(serverFirst: text, nonce: combined)
        return SaltedPasswordRequest(password: password, salt: Array(salt), iterations: iterations)
    }

    /// The salted password is there: client-final-message, with the proof.
    mutating func saltedPasswordDerived(_ salted: SecretBytes) throws(AuthenticationFailure) -> [UInt8] {
        guard case .awaitingKey(let serverFirst, let nonce) = state else { throw .malformedMessage }
        var bound = Array(binding.header.utf8)
        if case .serverEndPoint(let hash) = binding { bound += hash }
        let withoutProof = "c=\(Data(bound).base64EncodedString()),r=\(nonce)"
        let authMessage = Array("\(clientFirstBare),\(serverFirst),\(withoutProof)".utf8)

        let clientKey = Self.hmac(salted.bytes, Array("Client Key".utf8))
        let signature = Self.hmac(Array(SHA256.hash(data: clientKey)), authMessage)
        let proof = zip(clientKey, signature).map { $0 ^ $1 }
        let serverKey = Self.hmac(salted.bytes, Array("Server Key".utf8))
        state = .proven(authMessage: authMessage, serverKey: SecretBytes(serverKey))
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
        guard
            HMAC<SHA256>.isValidAuthenticationCode(
                signature, authenticating: authMessage, using: SymmetricKey(data: serverKey.bytes))
        else { throw .serverNotVerified }
        state = .verified
    }

    /// Whether the server has proven that it knows the password.
    var isVerified: Bool { state == .verified }

    private static func hmac(_ key: [UInt8], _ data: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: data, using: SymmetricKey(data: key)))
    }
}
