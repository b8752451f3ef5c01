import NIOCore

/// What the server said when it refused ("Protocol::ERR_Packet").
public struct ServerError: Error, Sendable, Hashable {
    /// The server's error number, such as 1045.
    public let code: UInt16
    /// The five characters of SQLSTATE; nil before the login, where the server sends none.
    public let sqlState: String?
    /// The server's text, at most ``maximumMessageLength`` bytes of it.
    public let message: String

    /// How much of the server's text is kept, in bytes.
    public static let maximumMessageLength = 1024

    /// Makes an error as a server would send it.
    public init(code: UInt16, sqlState: String?, message: String) {
        self.code = code
        self.sqlState = sqlState
        self.message = message
    }

    /// Reads an ERR message with its first byte; nil if it is none.
    init?(payload: ByteBuffer) {
        var bytes = payload
        guard bytes.readInteger(as: UInt8.self) == 0xFF,
            let code = bytes.readInteger(endianness: .little, as: UInt16.self)
        else { return nil }
        var sqlState: String?
        if bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) == UInt8(ascii: "#") {
            bytes.moveReaderIndex(forwardBy: 1)
            guard let state = bytes.readSlice(length: 5) else { return nil }
            sqlState = String(buffer: state)
        }
        let text = bytes.readSlice(length: min(bytes.readableBytes, Self.maximumMessageLength)) ?? ByteBuffer()
        self.init(code: code, sqlState: sqlState, message: String(buffer: text))
    }
}
