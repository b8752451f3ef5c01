/// Why a session, or a request in it, did not work.
public enum SFTPWireError: Error, Hashable, Sendable {
    /// What answered does not speak SFTP: a shell's greeting, most often. Its first bytes as text.
    case notSFTP(String)
    /// The server speaks another version only.
    case unsupportedVersion(UInt32)
    /// The server sent what the protocol does not allow here.
    case protocolViolation(String)
    /// A packet's length is over the bound; both in bytes.
    case packetTooLarge(size: Int, limit: Int)
    /// The server refused, by its own code and words.
    case refused(Status)
    /// The session has ended.
    case connectionClosed
    /// The task was cancelled.
    case cancelled
}
