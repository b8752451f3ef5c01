import NIOCore

/// A value for `$1`, `$2`, … of a query.
public struct PostgresParameter: Hashable, Sendable {
    /// The type's object id; 0 leaves it to the server to infer.
    public var type: UInt32
    /// How `bytes` are written.
    public var format: PostgresFormat
    /// The value; nil is SQL's NULL.
    public var bytes: ByteBuffer?

    /// A value as bytes in the given format, or NULL.
    public init(_ bytes: ByteBuffer?, type: UInt32 = 0, format: PostgresFormat = .text) {
        self.type = type
        self.format = format
        self.bytes = bytes
    }

    /// A value in its text form; nil is NULL.
    public static func text(_ value: String?, type: UInt32 = 0) -> PostgresParameter {
        PostgresParameter(value.map { ByteBuffer(string: $0) }, type: type)
    }

    /// A value in its type's binary form.
    public static func binary(_ value: ByteBuffer, type: UInt32) -> PostgresParameter {
        PostgresParameter(value, type: type, format: .binary)
    }

    /// SQL's NULL.
    public static let null = PostgresParameter(nil)
}
