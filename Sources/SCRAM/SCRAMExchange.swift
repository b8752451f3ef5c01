import Foundation

/// The client's side of SCRAM (RFC 5802, RFC 7677), message by message.
public struct SCRAMExchange: Equatable, Sendable {
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

    /// The mechanism's hash.
    public let hash: SCRAMHash
    private let password: SecretBytes
    private let binding: ChannelBinding
    private let iterations: ClosedRange<Int>
    private let nonce: String
    private let clientFirstBare: String
    private var state = State.started

    /// An exchange that is to begin.
    ///
    /// - Parameters:
    ///   - username: empty where the protocol tells the user elsewhere.
    ///   - password: as the protocol prepares it; nothing is done to it here.
    ///   - nonce: the client's nonce, in printable ASCII without a comma.
    ///   - iterations: how many a server may ask for, about a third of a millisecond of work for each thousand.
    public init(
        _ hash: SCRAMHash, username: String = "", password: SecretBytes, nonce: String,
        binding: ChannelBinding = .unsupported, iterations: ClosedRange<Int>
    ) {
        self.hash = hash
        self.password = password
        self.binding = binding
        self.iterations = iterations
        self.nonce = nonce
        let name = username.replacing("=", with: "=3D").replacing(",", with: "=2C")
        clientFirstBare = "n=\(name),r=\(nonce)"
    }

    /// client-first-message.
    public var clientFirst: [UInt8] { Array((binding.header + clientFirstBare).utf8) }

    /// server-first-message: checks it and says what is to be derived.
    ///
    /// - Throws: `malformedMessage`, `nonceMismatch`, `iterationCountOutOfBounds`.
    public mutating func serverFirstReceived(
        _ message: [UInt8]
    ) throws(AuthenticationFailure) -> SaltedPasswordRequest {
        guard case .started = state, let text = String(validating: message, as: UTF8.self) else {
            throw .malformedMessage
        }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0].hasPrefix("r="), parts[1].hasPrefix("s="), parts[2].hasPrefix("i="),
            let salt = Data(base64Encoded: String(parts[1].dropFirst(2))), !salt.isEmpty,
            let count = Int(parts[2].dropFirst(2))
        else { throw .malformedMessage }
        let combined = String(parts[0].dropFirst(2))
        guard combined.utf8.starts(with: nonce.utf8), combined.utf8.count > nonce.utf8.count else {
            throw .nonceMismatch
        }
        guard iterations.contains(count) else { throw .iterationCountOutOfBounds(count) }
        state = .awaitingKey(serverFirst: text, nonce: combined)
        return SaltedPasswordRequest(hash: hash, password: password, salt: Array(salt), iterations: count)
    }

    /// The salted password is there: client-final-message, with the proof.
    ///
    /// - Throws: `malformedMessage` out of turn.
    public mutating func saltedPasswordDerived(_ salted: SecretBytes) throws(AuthenticationFailure) -> [UInt8] {
        guard case .awaitingKey(let serverFirst, let nonce) = state else { throw .malformedMessage }
        let withoutProof = "c=\(Data(binding.input).base64EncodedString()),r=\(nonce)"
        let authMessage = Array("\(clientFirstBare),\(serverFirst),\(withoutProof)".utf8)
        let clientKey = hash.hmac(salted, Array("Client Key".utf8))
        let signature = hash.hmac(SecretBytes(hash.hash(clientKey)), authMessage)
        let proof = zip(clientKey, signature).map { $0 ^ $1 }
        let serverKey = SecretBytes(hash.hmac(salted, Array("Server Key".utf8)))
        state = .proven(authMessage: authMessage, serverKey: serverKey)
        return Array("\(withoutProof),p=\(Data(proof).base64EncodedString())".utf8)
    }

    /// server-final-message: checks the server's signature.
    ///
    /// - Throws: `refused`, `serverNotVerified`, `malformedMessage`.
    public mutating func serverFinalReceived(_ message: [UInt8]) throws(AuthenticationFailure) {
        guard case .proven(let authMessage, let serverKey) = state,
            let text = String(validating: message, as: UTF8.self)
        else { throw .malformedMessage }
        let first = text.split(separator: ",", omittingEmptySubsequences: false)[0]
        if first.hasPrefix("e=") { throw .refused(String(first.dropFirst(2))) }
        guard first.hasPrefix("v="), let signature = Data(base64Encoded: String(first.dropFirst(2))) else {
            throw .malformedMessage
        }
        guard hash.isHMAC(signature, of: authMessage, by: serverKey) else { throw .serverNotVerified }
        state = .verified
    }

    /// Whether the proof has been sent.
    public var isProven: Bool {
        switch state {
        case .started, .awaitingKey: false
        case .proven, .verified: true
        }
    }

    /// Whether the server has proven that it knows the password.
    public var isVerified: Bool { state == .verified }
}
