/// A text that must not leave the service: it prints as `********`, is not `Codable`,
/// is compared in constant time and its bytes are zeroed when the last copy is released.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What stands in the place of a secret wherever one would be shown.
    package static let mask = "********"

    private let storage: Storage

    /// Takes a copy of the text's UTF-8 bytes.
    package init(_ text: String) {
        storage = Storage(text.utf8)
    }

    /// The text itself, for the one place that hands it to a protocol or seals it.
    package func reveal() -> String {
        storage.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// The text's UTF-8 bytes without a further copy.
    package func withUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        try storage.withBytes(body)
    }

    /// Whether the text has no bytes.
    package var isEmpty: Bool { storage.withBytes { $0.isEmpty } }

    package var description: String { Secret.mask }
    package var debugDescription: String { Secret.mask }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Compares every byte whatever the first difference, so that time tells only the length.
    package static func == (left: Secret, right: Secret) -> Bool {
        left.withUTF8 { a in
            right.withUTF8 { b in
                guard a.count == b.count else { return false }
                var difference: UInt8 = 0
                for index in a.indices { difference |= a[index] ^ b[index] }
                return difference == 0
            }
        }
    }

    /// The bytes, written once before they are shared and never after.
    private final class Storage: Sendable {
        // The buffer is filled in `init`, read-only from then on, and freed in `deinit`, where no other reference
        // is left: there is no access that could race.
        private nonisolated(unsafe) let bytes: UnsafeMutableBufferPointer<UInt8>

        init(_ text: String.UTF8View) {
            bytes = .allocate(capacity: text.count)
            _ = bytes.initialize(from: text)
        }

        func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
            try body(UnsafeBufferPointer(bytes))
        }

        deinit {
            overwrite(bytes)
            bytes.deallocate()
        }
    }
}

/// Never inlined and never optimised: a compiler may drop writes to memory that it sees being freed next.
@inline(never)
@_optimize(none)
private func overwrite(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
    for index in bytes.indices { bytes[index] = 0 }
}
