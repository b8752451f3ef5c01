import GRDB
import SourceModel
import Vault

/// Why the registry did not do what it was asked. No case carries a secret.
package enum RegistryError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A live record, token or user has this name already.
    case nameTaken(String)
    /// The record has another revision than the change is based on.
    case changedMeanwhile(RecordID)
    /// There is no live record of this id.
    case notFound(RecordID)
    /// What is stored belongs to another master key than the one given.
    case sealedWithAnotherKey
    /// The record is there and cannot be opened, for this reason.
    case unreadable(RecordID, String)
    /// Another process serves this data directory.
    case directoryInUse(String)
    /// The disk, the file or the database said no; a sentence.
    case storage(String)

    /// The sentence for a person.
    package var description: String {
        switch self {
        case .nameTaken(let name): "The name \"\(name)\" is taken."
        case .changedMeanwhile(let id): "The record \(id) was changed meanwhile."
        case .notFound(let id): "There is no record \(id)."
        case .sealedWithAnotherKey:
            "The stored records are sealed with another master key; set the one that they were stored with."
        case .unreadable(let id, let reason): "The record \(id) cannot be opened: \(reason)"
        case .directoryInUse(let path):
            "The data directory \(path) is in use by another wellhead; end that one, or choose another directory."
        case .storage(let text): text
        }
    }
}

extension RegistryError {
    /// Any error of a database call: our own stay as they are, others keep their text but never a statement's values.
    init(_ error: any Error) {
        switch error {
        case let error as RegistryError: self = error
        case let error as VaultError: self = .storage("A secret could not be sealed or opened: \(error).")
        case let error as DatabaseError:
            let text = error.message.map { ": \($0)" } ?? ""
            self = .storage("The database refused (SQLite \(error.extendedResultCode.rawValue)\(text)).")
        case is CancellationError: self = .storage("The call was cancelled before the database answered.")
        // Other errors are about a column that does not decode; their text quotes the value, which may be anyone's.
        default: self = .storage("The database holds something that cannot be read (\(type(of: error))).")
        }
    }
}
