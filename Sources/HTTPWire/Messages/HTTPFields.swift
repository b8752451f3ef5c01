import NIOHTTP1

/// The fields of a message (RFC 9110, section 5), in their order. Names are compared without case.
public struct HTTPFields: Sendable, Equatable {
    let headers: HTTPHeaders

    init(_ headers: HTTPHeaders) { self.headers = headers }

    /// Fields by name and value.
    public init(_ fields: [(name: String, value: String)] = []) {
        headers = HTTPHeaders(fields.map { ($0.name, $0.value) })
    }

    /// The values of every field of this name, as they stand.
    public subscript(name: String) -> [String] { headers[name] }

    /// The value of the first field of this name.
    public func first(_ name: String) -> String? { headers.first(name: name) }

    /// The members of a field whose value is a list with commas, those of several fields after each other; without the
    /// blanks around them.
    public func list(_ name: String) -> [String] { headers[canonicalForm: name].map(String.init) }

    /// How many there are.
    public var count: Int { headers.count }
}
