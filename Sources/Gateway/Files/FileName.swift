import Foundation
import SourceModel

/// A name that a file may have in the service's file directory: one component of a path, which leads nowhere else.
package struct FileName: Sendable, Hashable, CustomStringConvertible {
    /// In bytes of UTF-8; what file systems take.
    package static let sizeLimit = 255

    package let text: String
    package var description: String { text }

    /// Takes a name as it stands.
    ///
    /// - Returns: nil for what is no single component, is hidden, or is too long.
    package init?(_ text: String) {
        guard !text.isEmpty, !text.hasPrefix("."), text.utf8.count <= Self.sizeLimit,
            !text.utf8.contains(0), !text.utf8.contains(UInt8(ascii: "/"))
        else { return nil }
        self.text = text
    }

    /// Takes what is left of a name that a stranger's machine gave: the part after the last slash or backslash, without
    /// control characters, characters that turn the direction of writing, leading dots and blanks around it; in Unicode's
    /// composed form, so that the name can be typed anywhere.
    ///
    /// - Throws: `FileStoreError` where nothing is left, or too much.
    package init(reducing text: String) throws(FileStoreError) {
        let scalars = text.unicodeScalars
        let start = scalars.lastIndex { $0 == "/" || $0 == "\\" }.map { scalars.index(after: $0) }
        var kept = String.UnicodeScalarView()
        for scalar in scalars[(start ?? scalars.startIndex)...] where !scalar.isSteering { kept.append(scalar) }
        let blanks = CharacterSet.whitespacesAndNewlines
        var name = String(kept).precomposedStringWithCanonicalMapping.trimmingCharacters(in: blanks)
        while name.hasPrefix(".") { name = String(name.dropFirst()).trimmingCharacters(in: blanks) }
        guard !name.isEmpty else { throw .noName(text) }
        guard let name = FileName(name) else { throw .nameTooLong(name.utf8.count) }
        self = name
    }
}
