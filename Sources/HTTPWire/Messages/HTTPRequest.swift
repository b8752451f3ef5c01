import NIOHTTP1

/// A request without a body (RFC 9112, section 3). The fields that frame it are the connection's own: `Host`,
/// `Content-Length`, `Transfer-Encoding`, `Connection`.
public struct HTTPRequest: Sendable {
    /// The method's name, a token.
    public struct Method: Sendable, Hashable {
        /// A token (RFC 9110, section 5.6.2).
        public let name: String

        /// A method by its name, in capitals.
        public init(_ name: String) { self.name = name }

        /// Only reads.
        public static let get = Method("GET")
        /// An answer without a body.
        public static let head = Method("HEAD")
    }

    /// The longest head of a request, in bytes.
    public static let headLimit = 64 << 10

    /// What is to be done.
    public var method: Method
    /// The target in origin form: a path that begins with a slash, and a query.
    public var target: String
    /// The value of `Host`: the host, in brackets where it is an IPv6 address, and the port where it is not the
    /// scheme's own.
    public var host: String
    /// Further fields, in their order.
    public var fields: [(name: String, value: String)]
    /// Whether the connection is closed when the answer has been read.
    public var isLast = false

    /// A request; what cannot be sent is found out when it is sent.
    public init(
        _ method: Method = .get, _ target: String, host: String, fields: [(name: String, value: String)] = []
    ) {
        self.method = method
        self.target = target
        self.host = host
        self.fields = fields
    }

    /// What goes to the encoder.
    ///
    /// - Throws: `invalidRequest` where a part could be read as more than it is: nothing is sent then. A field's value
    ///   is in no message.
    func head() throws(HTTPWireError) -> HTTPRequestHead {
        guard Self.isToken(method.name) else { throw .invalidRequest("The method is no token.") }
        guard target.utf8.first == UInt8(ascii: "/"), target.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .invalidRequest("The target does not begin with a slash, or has blanks or letters outside of ASCII.")
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .invalidRequest("The host is empty, or has blanks or letters outside of ASCII.")
        }
        var headers = HTTPHeaders([("Host", host)])
        var size = target.utf8.count + host.utf8.count
        for (name, value) in fields {
            guard Self.isToken(name), !Self.framing.contains(name.lowercased()) else {
                throw .invalidRequest("A field's name is no token, or is one of those that frame the request.")
            }
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw .invalidRequest("The field \(name) holds control characters.")
            }
            size += name.utf8.count + value.utf8.count + 4
            headers.add(name: name, value: value)
        }
        guard size <= Self.headLimit else { throw .invalidRequest("The head has more than \(Self.headLimit) bytes.") }
        if isLast { headers.add(name: "Connection", value: "close") }
        return HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: method.name), uri: target, headers: headers)
    }

    private static let framing: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer", "expect",
        "proxy-connection",
    ]

    /// RFC 9110, section 5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
