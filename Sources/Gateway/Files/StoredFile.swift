import Foundation

/// A file in the service's file directory.
package struct StoredFile: Sendable, Equatable {
    /// What a record's `database` names it by.
    package let name: FileName
    /// In bytes.
    package let size: Int
    package let modified: Date
}

/// A file that was just taken.
package struct ReceivedFile: Sendable, Equatable {
    package let name: FileName
    /// In bytes.
    package let size: Int
    /// The content's SHA-256, in hexadecimal digits.
    package let digest: String
    /// Whether there was a file of this name before.
    package let isReplacement: Bool
}
