/// Why bytes are not a BSON document, or text is not one in Extended JSON.
public enum BSONError: Error, Hashable, Sendable {
    /// The bytes end before the value does, or a length says more than there is.
    case truncated
    /// A length is negative, or below what its type needs.
    case invalidLength(Int)
    /// There is no type of this number.
    case unknownType(UInt8)
    /// A terminating zero is missing, or stands elsewhere.
    case missingTerminator
    /// A boolean is neither 0 nor 1.
    case invalidBoolean(UInt8)
    /// A text is not valid UTF-8.
    case invalidText
    /// Documents within documents, more than the bound.
    case tooDeep(limit: Int)
    /// The document is longer than the bound, in bytes.
    case tooLong(Int, limit: Int)
    /// A name, or a regular expression's part, contains a zero, which BSON cannot say.
    case containsZero
    /// The text is not JSON; where, in bytes from 0.
    case notJSON(at: Int)
    /// An object looks like a value of Extended JSON and is none; its key.
    case invalidExtendedJSON(String)
}

/// The bounds of BSON that are kept here.
public enum BSONLimits {
    /// Documents within documents; MongoDB stores 100 and needs some more for its own commands.
    public static let depth = 200
    /// The longest document of a database in bytes, 16 MiB, and what a command may add.
    public static let documentSize = (16 << 20) + (16 << 10)
}
