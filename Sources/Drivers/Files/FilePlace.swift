import Foundation
import SourceModel

/// Where a record's file is, and how it gets here.
protocol FilePlace: Sendable {
    /// The file as it is now, on this machine: what is elsewhere is fetched where that was not done yet.
    ///
    /// - Parameter journal: stands in the stage `open` afterwards, which goes on.
    /// - Throws: a failure of the way there, or of the stage `open`.
    func file(_ journal: StageJournal) async throws(SourceFailure) -> PlacedFile

    /// Looks whether the file is there.
    func look() async throws(SourceFailure)

    /// Lets go of what is kept for the next call.
    func close() async
}

/// A file that can be read here.
struct PlacedFile: Sendable {
    let url: URL
    /// In bytes.
    let size: Int
    /// When it was last changed, as its place tells.
    let modified: Date?
    /// Keeps a fetched file on the disk.
    var copy: RemoteCopy?
    /// What the way there has shown.
    var sighting = FileSighting()
}

/// What the way to a file has shown.
struct FileSighting: Sendable {
    /// The SSH host's key.
    var hostKey: HostKey?
    /// The earlier end of the server's and the client's certificate.
    var certificateExpires: Date?
}

/// A file in the service's file directory.
struct LocalPlace: FilePlace {
    let files: FileRoom
    let path: String

    func file(_ journal: StageJournal) async throws(SourceFailure) -> PlacedFile {
        journal.enter(.open)
        let found = try files.find(path)
        return PlacedFile(url: found.url, size: found.size, modified: found.modified)
    }

    func look() async throws(SourceFailure) { _ = try files.find(path) }

    func close() async {}
}
