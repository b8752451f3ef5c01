/// Bytes that must not be printed.
struct SecretBytes: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var bytes: [UInt8]

    init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    var description: String { "********" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(reflecting: description) }
}
