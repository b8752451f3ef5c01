import NIOCore

/// What a server answers (draft-ietf-secsh-filexfer-02, section 7).
enum Reply: Hashable, Sendable {
    /// How a request ended; 0 is well.
    case status(Status)
    /// An open file's name for further requests.
    case handle(ByteBuffer)
    case data(ByteBuffer)
    case attributes(Attributes)
}

/// How a request ended, by the server's word.
public struct Status: Hashable, Sendable {
    /// Codes of the draft's section 7.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The code's number.
        public var rawValue: UInt32
        /// A code by its number.
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// All is well.
        public static let ok = Code(rawValue: 0)
        /// There is nothing more to read.
        public static let endOfFile = Code(rawValue: 1)
        /// There is no such file.
        public static let noSuchFile = Code(rawValue: 2)
        /// The login may not do that.
        public static let permissionDenied = Code(rawValue: 3)
        /// Something that has no code of its own.
        public static let failure = Code(rawValue: 4)
    }

    /// The server's message is kept up to this many bytes.
    public static let messageLimit = 1024

    /// How it ended.
    public var code: Code
    /// The server's own words, perhaps none.
    public var message: String

    /// - Parameter message: in the server's words.
    public init(code: Code, message: String) { (self.code, self.message) = (code, message) }
}

/// One packet of a server.
enum Packet: Hashable, Sendable {
    /// The answer to the hello.
    case version(UInt32)
    case reply(id: UInt32, Reply)

    /// Reads a packet's body, its length taken off; nil where it is none that the protocol has.
    init?(body: ByteBuffer) {
        var body = body
        guard let type = body.readInteger(as: UInt8.self), let number = body.readInteger(as: UInt32.self) else {
            return nil
        }
        switch type {
        case 2:
            // Extensions follow, of which none is used.
            self = .version(number)
        case 101:
            guard let code = body.readInteger(as: UInt32.self) else { return nil }
            // Old servers send no message.
            let message = body.readString().map {
                String(decoding: $0.readableBytesView.prefix(Status.messageLimit), as: UTF8.self)
            }
            self = .reply(id: number, .status(Status(code: Status.Code(rawValue: code), message: message ?? "")))
        case 102:
            guard let handle = body.readString(), handle.readableBytes <= 256 else { return nil }
            self = .reply(id: number, .handle(handle))
        case 103:
            guard let data = body.readString() else { return nil }
            self = .reply(id: number, .data(data))
        case 105:
            guard let attributes = Attributes(from: &body) else { return nil }
            self = .reply(id: number, .attributes(attributes))
        default: return nil
        }
    }
}
