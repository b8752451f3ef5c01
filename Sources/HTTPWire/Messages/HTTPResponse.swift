/// An answer whose head has come; its body is still on its way.
public struct HTTPResponse: Sendable {
    /// The status code: 200 to 999.
    public let status: Int
    /// The words that belong to the status code; the server's own are not kept.
    public let reason: String
    /// The fields of the head.
    public let fields: HTTPFields
    /// The bytes that follow; nothing for HEAD, 204 and 304. The connection serves the next request when they have been
    /// read to their end; it closes where they are let go before.
    public let body: HTTPBody
}
