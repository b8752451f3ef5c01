import Foundation
import SourceModel

/// The service's file directory, as those see it who put files there and take them away. Files in its folders are not
/// among them: their operator put them there by hand.
package actor FileStore {
    private nonisolated let executor = QueueExecutor(label: "gateway.files")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private nonisolated let directory: URL
    /// What the files of one upload may have together, in bytes.
    package nonisolated let sizeLimit: Int

    /// - Parameters:
    ///   - directory: has to be there.
    ///   - sizeLimit: of one upload, in bytes.
    package init(directory: URL, sizeLimit: Int = 1 << 30) {
        (self.directory, self.sizeLimit) = (directory, sizeLimit)
    }

    /// Removes what a process was receiving when it was killed; to be called before anything is received.
    package func sweep() throws(FileStoreError) { try FileFolder(directory).sweep() }

    /// Begins to receive files.
    ///
    /// - Parameter replacing: whether files of the same names may give way.
    package nonisolated func receive(replacing: Bool) -> Upload {
        Upload(into: directory, replacing: replacing, sizeLimit: sizeLimit)
    }

    /// The files, by their names.
    package func files() throws(FileStoreError) -> [StoredFile] {
        try FileFolder(directory).files().sorted { $0.name.text < $1.name.text }
    }

    /// Removes a file.
    ///
    /// - Throws: `notFound`, `notAFile`.
    package func remove(_ name: FileName) throws(FileStoreError) {
        let folder = try FileFolder(directory)
        try folder.remove(name)
        try folder.synchronize()
    }
}
