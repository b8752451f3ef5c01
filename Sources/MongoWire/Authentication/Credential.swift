import Crypto
import SCRAM

/// Who logs in, and by what.
public enum Credential: Sendable, Equatable {
    /// A user of the database `source`, by a password.
    case password(username: String, password: String, source: String, mechanism: PasswordMechanism?)
    /// The client certificate of the TLS session (`MONGODB-X509`); the server reads the user's name from it.
    case certificate
}

extension Credential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The user; the password stays out.
    public var description: String {
        switch self {
        case .password(let username, _, let source, _): "\(username) of \(source)"
        case .certificate: "the client certificate"
        }
    }

    /// The user; the password stays out.
    public var debugDescription: String { description }

    /// A mirror without the password.
    public var customMirror: Mirror { Mirror(reflecting: description) }
}

/// The logins by password that are spoken here.
public enum PasswordMechanism: String, CaseIterable, Sendable, Hashable {
    case scramSHA256 = "SCRAM-SHA-256"
    case scramSHA1 = "SCRAM-SHA-1"

    /// The iterations that a server may ask for. The least is RFC 7677's and MongoDB's; the most is a third of a second of
    /// work.
    static let iterations = 4096...1_000_000

    /// The mechanism's hash.
    var hash: SCRAMHash {
        switch self {
        case .scramSHA256: .sha256
        case .scramSHA1: .sha1
        }
    }

    /// The mechanism of a hash.
    init(_ hash: SCRAMHash) {
        switch hash {
        case .sha256: self = .scramSHA256
        case .sha1: self = .scramSHA1
        }
    }

    /// The password as the mechanism derives keys from it.
    ///
    /// - Throws: `invalidArgument` where SASLprep (RFC 4013) does not allow the text.
    func prepared(username: String, password: String) throws(MongoWireError) -> SecretBytes {
        switch self {
        case .scramSHA256:
            guard let prepared = SASLprep.prepared(password) else {
                throw .invalidArgument("The password has characters that SCRAM-SHA-256 does not allow.")
            }
            return SecretBytes(prepared.utf8)
        case .scramSHA1:
            // MongoDB's older mechanism starts from the hash that the one before it had stored.
            let digest = Insecure.MD5.hash(data: Array("\(username):mongo:\(password)".utf8))
            return SecretBytes(Array(digest).hexadecimal.utf8)
        }
    }
}
