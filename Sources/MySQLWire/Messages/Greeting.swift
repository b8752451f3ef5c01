import NIOCore

/// Which of the two families of servers answers.
public enum ServerFlavour: String, Sendable, Hashable {
    /// MySQL and what is compatible with it.
    case mySQL = "MySQL"
    /// MariaDB.
    case mariaDB = "MariaDB"
}

/// The server's first message ("Protocol::HandshakeV10").
struct Greeting: Equatable, Sendable {
    /// The version exactly as sent.
    var versionText: String
    /// The server's number of this connection.
    var connectionID: UInt32
    /// What the server can do.
    var capabilities: Capabilities
    /// What the server can do beyond MySQL's flags; none at MySQL.
    var extendedCapabilities: MariaDBCapabilities = []
    /// The plugin that the server would use by default; empty if it named none.
    var pluginName: String
    /// The challenge, without its terminating zero byte.
    var nonce: [UInt8]

    /// What can come first.
    enum First: Equatable {
        /// A greeting of version 10.
        case greeting(Greeting)
        /// The server refuses before greeting: too many connections, host blocked or not allowed.
        case refusal(ServerError)
        /// A greeting of another version of the protocol.
        case otherVersion(UInt8)
        /// Not a greeting.
        case unreadable
    }

    /// Reads the first message.
    static func read(_ payload: ByteBuffer) -> First {
        var bytes = payload
        guard let version = bytes.readInteger(as: UInt8.self) else { return .unreadable }
        if version == 0xFF {
            return ServerError(payload: payload).map(First.refusal) ?? .unreadable
        }
        guard let text = bytes.readZeroTerminatedSlice().map({ String(buffer: $0) }), !text.isEmpty,
            text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return .unreadable }
        guard version == 10 else { return version == 9 ? .otherVersion(version) : .unreadable }
        guard let connectionID = bytes.readInteger(endianness: .little, as: UInt32.self),
            var nonce = bytes.readBytes(length: 8), bytes.readInteger(as: UInt8.self) != nil,
            let low = bytes.readInteger(endianness: .little, as: UInt16.self)
        else { return .unreadable }
        var capabilities = Capabilities(rawValue: UInt32(low))
        var extended: MariaDBCapabilities = []
        var pluginName = ""
        if bytes.readableBytes > 0 {
            // Character set 1, status 2, upper capabilities 2, length of the challenge 1, reserved 6, MariaDB's
            // capabilities 4, which are reserved at MySQL.
            guard bytes.readBytes(length: 3) != nil,
                let high = bytes.readInteger(endianness: .little, as: UInt16.self),
                let nonceLength = bytes.readInteger(as: UInt8.self), bytes.readBytes(length: 6) != nil,
                let further = bytes.readInteger(endianness: .little, as: UInt32.self)
            else { return .unreadable }
            capabilities.formUnion(Capabilities(rawValue: UInt32(high) << 16))
            if !capabilities.contains(.mySQL) { extended = MariaDBCapabilities(rawValue: further) }
            if capabilities.contains(.secureConnection) {
                guard let rest = bytes.readBytes(length: min(max(13, Int(nonceLength) - 8), bytes.readableBytes)) else {
                    return .unreadable
                }
                nonce += rest
                if nonce.last == 0 { nonce.removeLast() }
            }
            if capabilities.contains(.pluginAuthentication) {
                // Some old servers leave the terminating zero byte out.
                pluginName = String(buffer: bytes.readZeroTerminatedSlice() ?? bytes)
            }
        }
        return .greeting(
            Greeting(
                versionText: text, connectionID: connectionID, capabilities: capabilities,
                extendedCapabilities: extended, pluginName: pluginName, nonce: nonce))
    }

    /// MariaDB leaves the flag of MySQL unset, or says its name in the version.
    var flavour: ServerFlavour {
        let saysItsName = versionText.lowercased().contains("mariadb") || versionText.hasPrefix(Self.replicationPrefix)
        return saysItsName || !capabilities.contains(.mySQL) ? .mariaDB : .mySQL
    }

    /// The version without the prefix that MariaDB 10 sends so that old replicas accept it: `10.11.6-MariaDB`.
    var version: String {
        guard flavour == .mariaDB, versionText.hasPrefix(Self.replicationPrefix) else { return versionText }
        return String(versionText.dropFirst(Self.replicationPrefix.count))
    }

    private static let replicationPrefix = "5.5.5-"
}
