import NIOCore

/// Asks the server to go on in TLS ("Protocol::SSLRequest").
struct SSLRequest: Equatable, Sendable {
    /// What the login will say, TLS included.
    var capabilities: Capabilities
    /// The largest message taken, in bytes.
    var maximumMessageSize: UInt32
    /// What MariaDB will use beyond MySQL's flags.
    var extendedCapabilities: MariaDBCapabilities = []

    /// The part that it shares with the login: 32 bytes.
    func write(into bytes: inout ByteBuffer) {
        bytes.writeInteger(capabilities.rawValue, endianness: .little)
        bytes.writeInteger(maximumMessageSize, endianness: .little)
        bytes.writeInteger(Self.utf8mb4GeneralCollation)
        bytes.writeRepeatingByte(0, count: 19)
        bytes.writeInteger(extendedCapabilities.rawValue, endianness: .little)
    }

    /// `utf8mb4_general_ci`, known to every server of either flavour.
    private static let utf8mb4GeneralCollation: UInt8 = 45
}

/// The login ("Protocol::HandshakeResponse41").
struct HandshakeResponse: Equatable, Sendable {
    /// What this client will use.
    var capabilities: Capabilities
    /// The largest message taken, in bytes.
    var maximumMessageSize: UInt32
    /// The account's name.
    var username: String
    /// The plugin's answer to the challenge.
    var authentication: ByteBuffer
    /// The database to start in.
    var database: String?
    /// The plugin that made the answer.
    var pluginName: String
    /// What the server shows about this client.
    var attributes: [String: String]
    /// What MariaDB will use beyond MySQL's flags.
    var extendedCapabilities: MariaDBCapabilities = []

    func write(into bytes: inout ByteBuffer) {
        SSLRequest(
            capabilities: capabilities, maximumMessageSize: maximumMessageSize,
            extendedCapabilities: extendedCapabilities
        ).write(into: &bytes)
        bytes.writeZeroTerminatedString(username)
        if capabilities.contains(.pluginAuthenticationLengthEncoded) {
            bytes.writeLengthEncodedInteger(UInt64(authentication.readableBytes))
        } else {
            // Without the capability the length is one byte; answers sent first are never that long (see the method).
            bytes.writeInteger(UInt8(truncatingIfNeeded: authentication.readableBytes))
        }
        bytes.writeImmutableBuffer(authentication)
        if capabilities.contains(.connectWithDatabase), let database {
            bytes.writeZeroTerminatedString(database)
        }
        if capabilities.contains(.pluginAuthentication) {
            bytes.writeZeroTerminatedString(pluginName)
        }
        if capabilities.contains(.connectAttributes) {
            var pairs = ByteBuffer()
            for (key, value) in attributes.sorted(by: { $0.key < $1.key }) {
                pairs.writeLengthEncodedString(key)
                pairs.writeLengthEncodedString(value)
            }
            bytes.writeLengthEncodedInteger(UInt64(pairs.readableBytes))
            bytes.writeImmutableBuffer(pairs)
        }
    }
}

/// What the server can say between the login and its verdict.
enum LoginReply: Equatable {
    /// The account is accepted.
    case accepted
    /// Go on with another plugin and this challenge ("Protocol::AuthSwitchRequest").
    case switchPlugin(name: String, challenge: ByteBuffer)
    /// Something for the plugin ("Protocol::AuthMoreData").
    case more(ByteBuffer)
    /// The account is refused.
    case refused(ServerError)
    /// None of these.
    case unreadable

    init(payload: ByteBuffer) {
        var bytes = payload
        switch bytes.readInteger(as: UInt8.self) {
        case 0x00: self = CommandSummary(payload: payload) == nil ? .unreadable : .accepted
        case 0x01: self = .more(bytes)
        case 0xFE:
            if bytes.readableBytes == 0 {
                // The request of servers before 5.1 to use the password hashes of 4.0.
                self = .switchPlugin(name: "mysql_old_password", challenge: bytes)
            } else if let name = bytes.readZeroTerminatedSlice() {
                self = .switchPlugin(name: String(buffer: name), challenge: bytes)
            } else {
                self = .unreadable
            }
        case 0xFF: self = ServerError(payload: payload).map(LoginReply.refused) ?? .unreadable
        default: self = .unreadable
        }
    }
}
