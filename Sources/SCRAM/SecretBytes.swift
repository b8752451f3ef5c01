/// Bytes that must not be printed.
public struct SecretBytes: Equatable, Sendable {
    /// The bytes themselves, for the wire and for key derivation.
    public var bytes: [UInt8]

    /// Bytes that are a secret from here on.
    public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Eight stars, whatever there is.
    public var description: String { "********" }

    /// Eight stars, whatever there is.
    public var debugDescription: String { description }

    /// A mirror without the bytes.
    public var customMirror: Mirror { Mirror(reflecting: description) }
}
