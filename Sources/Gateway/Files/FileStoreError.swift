/// Why a file was not taken, shown or removed.
package enum FileStoreError: Error, Sendable, Equatable {
    /// Of the name that was sent nothing is left that a file may be called.
    case noName(String)
    /// The name has so many bytes.
    case nameTooLong(Int)
    /// Two files of one upload have this name.
    case nameRepeated(FileName)
    /// There is a file of this name, and it was not to be replaced.
    case exists(FileName)
    /// What has this name is no regular file: a folder, a link, a device.
    case notAFile(FileName)
    case notFound(FileName)
    /// The files have more bytes than this.
    case tooLarge(limit: Int)
    /// The disk, or the account's share of it, is full.
    case noRoom
    /// The operating system refused it.
    case refused(what: String, cause: String)
}

extension FileStoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noName(let text): "no name in \(text.debugDescription)"
        case .nameTooLong(let size): "a name of \(size) bytes"
        case .nameRepeated(let name): "\(name) twice"
        case .exists(let name): "\(name) exists"
        case .notAFile(let name): "\(name) is no regular file"
        case .notFound(let name): "\(name) is not there"
        case .tooLarge(let limit): "more than \(limit) bytes"
        case .noRoom: "no room"
        case .refused(_, let cause): cause
        }
    }
}
