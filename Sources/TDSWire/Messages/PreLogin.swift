import NIOCore

/// The first message of each side ([MS-TDS] section 2.2.6.5): versions, and how much is to be encrypted.
struct PreLogin: Equatable, Sendable {
    /// The value of the option ENCRYPTION.
    enum Encryption: UInt8, Sendable {
        /// The login alone is encrypted.
        case off = 0x00
        case on = 0x01
        case notSupported = 0x02
        case required = 0x03
        /// TLS came first (TDS 8.0).
        case strict = 0x04
    }

    /// Major, minor, build, and a sub-build.
    var version: TDSVersionNumber
    var encryption: Encryption
    /// The instance's name that a client expects, from a server whether it is another one.
    var instance: [UInt8] = [0]
    /// The server wants or takes federated logins; nil where nothing is said.
    var federatedLogin: UInt8?

    private enum Option: UInt8 {
        case version = 0, encryption, instance, thread, sessions, trace, federatedLogin, nonce
        case terminator = 0xFF
    }

    /// Writes the message's body.
    func encode(into buffer: inout ByteBuffer) {
        var options: [(Option, [UInt8])] = [
            (.version, version.bigEndianBytes + [0, 0]), (.encryption, [encryption.rawValue]), (.instance, instance),
            (.thread, [0, 0, 0, 0]), (.sessions, [0]),
        ]
        if let federatedLogin { options.append((.federatedLogin, [federatedLogin])) }
        var offset = options.count * 5 + 1
        for (option, data) in options {
            buffer.writeMultipleIntegers(
                option.rawValue, UInt16(truncatingIfNeeded: offset), UInt16(truncatingIfNeeded: data.count))
            offset += data.count
        }
        buffer.writeInteger(Option.terminator.rawValue)
        for (_, data) in options { buffer.writeBytes(data) }
    }

    init(version: TDSVersionNumber, encryption: Encryption, instance: [UInt8] = [0]) {
        self.version = version
        self.encryption = encryption
        self.instance = instance
    }

    /// Reads a whole body; nil where it is none. Options that are unknown are passed over.
    init?(_ body: ByteBuffer) {
        var list = body
        var version: TDSVersionNumber?
        var encryption = Encryption.notSupported
        instance = [0]
        while let code: UInt8 = list.readInteger() {
            guard code != Option.terminator.rawValue else {
                guard let version else { return nil }
                self.version = version
                self.encryption = encryption
                return
            }
            guard let (offset, length) = list.readMultipleIntegers(as: (UInt16, UInt16).self),
                let data = body.getBytes(at: body.readerIndex + Int(offset), length: Int(length))
            else { return nil }
            switch Option(rawValue: code) {
            case .version:
                guard data.count == 6 else { return nil }
                version = TDSVersionNumber(
                    major: data[0], minor: data[1], build: UInt16(data[2]) << 8 | UInt16(data[3]))
            case .encryption:
                // The highest bit asks for a client certificate at the level of TDS; TLS has its own way.
                guard let byte = data.first, let value = Encryption(rawValue: byte & 0x7F) else { return nil }
                encryption = value
            case .instance: instance = data
            case .federatedLogin: federatedLogin = data.first
            case .thread, .sessions, .trace, .nonce, .terminator, nil: break
            }
        }
        return nil
    }
}

/// A version as servers and clients tell it, such as 16.0.4135.
public struct TDSVersionNumber: Hashable, Sendable, CustomStringConvertible {
    /// 16 is SQL Server 2022, 15 is 2019, 14 is 2017, 13 is 2016, 12 is 2014 and Azure SQL Database, 11 is 2012.
    public var major: UInt8
    /// The minor version.
    public var minor: UInt8
    /// The build.
    public var build: UInt16

    /// A version of these parts.
    public init(major: UInt8, minor: UInt8, build: UInt16) {
        self.major = major
        self.minor = minor
        self.build = build
    }

    /// Such as `16.0.4135`.
    public var description: String { "\(major).\(minor).\(build)" }

    var bigEndianBytes: [UInt8] { [major, minor, UInt8(build >> 8), UInt8(build & 0xFF)] }
}
