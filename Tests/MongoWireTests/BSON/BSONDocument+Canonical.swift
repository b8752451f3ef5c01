@testable import MongoWire

extension BSONDocument {
    /// The same elements written anew, at any depth: arrays get the names that they ought to have, and a regular
    /// expression's options their order.
    var canonical: BSONDocument {
        BSONDocument(map { (name: $0.name, value: $0.value.canonical) })
    }
}

extension BSONValue {
    fileprivate var canonical: BSONValue {
        switch self {
        case .document(let document): .document(document.canonical)
        case .array(let array): .array(.list(array.map(\.value.canonical)))
        case .javaScriptWithScope(let code, let scope): .javaScriptWithScope(code, scope.canonical)
        case .regularExpression(let pattern, let options):
            .regularExpression(pattern: pattern, options: String(options.sorted()))
        default: self
        }
    }
}
