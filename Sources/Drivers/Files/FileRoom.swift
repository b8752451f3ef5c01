import Foundation
import SourceModel

/// The service's file directory. A record's path leads to a file below it or nowhere: not by `..`, not by a link, not
/// by an absolute path.
struct FileRoom: Sendable {
    /// A larger file is refused.
    static let sizeLimit = 1 << 34

    let directory: URL

    /// A regular file that was found below the directory.
    struct Found: Sendable {
        let url: URL
        let size: Int
        let modified: Date
    }

    /// Finds a file by its path below the directory.
    ///
    /// - Throws: `file_not_found`, `file_forbidden` or `file_too_large` at stage `open`.
    func find(_ path: String) throws(SourceFailure) -> Found {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        guard !path.hasPrefix("/"), !path.contains("\0"), !parts.isEmpty, !parts.contains("..") else {
            throw SourceFailure(
                .open, .fileForbidden, "The path \(path) leads out of the service's file directory.",
                hint: "Set database to a path inside the file directory, such as orders.csv.")
        }
        // Links are resolved on both sides: what counts is where the file is.
        let root = directory.resolvingSymlinksInPath().standardizedFileURL.path
        let url = directory.appendingPathComponent(parts.joined(separator: "/")).resolvingSymlinksInPath()
            .standardizedFileURL
        guard url.path.hasPrefix(root + "/") else {
            throw SourceFailure(
                .open, .fileForbidden, "The path \(path) is a link out of the service's file directory.",
                hint: "Copy the file itself into the file directory.")
        }
        let attributes: [FileAttributeKey: Any]
        do {
            attributes = try FileManager.default.attributesOfItem(atPath: url.path)
        } catch {
            throw SourceFailure(
                .open, .fileNotFound, "There is no file \(path) in the service's file directory.",
                hint: "Set database to the path of a file that is there, or copy the file there.", cause: "\(error)")
        }
        guard attributes[.type] as? FileAttributeType == .typeRegular else {
            throw SourceFailure(
                .open, .fileForbidden, "\(path) is not a regular file.", hint: "Set database to the path of a file.")
        }
        let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
        guard size <= FileRoom.sizeLimit else {
            throw SourceFailure(
                .open, .fileTooLarge, "\(path) has \(size) bytes; the limit is \(FileRoom.sizeLimit).",
                hint: "Split the file.")
        }
        return Found(url: url, size: size, modified: attributes[.modificationDate] as? Date ?? .distantPast)
    }
}
