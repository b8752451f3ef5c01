/// Why something cannot be sealed or opened.
package enum VaultError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The master key cannot be had; the text says what to do.
    case masterKey(String)
    /// What was sealed belongs to another master key.
    case anotherKey(sealedWith: String)
    /// What was sealed was altered, or belongs to another record or field.
    case damaged(String)

    /// The sentence for a person, or its second half.
    package var description: String {
        switch self {
        case .masterKey(let text): text
        case .anotherKey(let id): "sealed with master key \(id), which is not the one in use"
        case .damaged(let what): "\(what) does not open: it was altered or moved"
        }
    }
}
