/// How a SCRAM login is tied to the TLS session below (RFC 5802, section 6).
public enum ChannelBinding: Equatable, Sendable {
    /// This side cannot bind: `n`.
    case unsupported
    /// This side could, the server did not offer it: `y`.
    case notOffered
    /// Bound to the server's certificate by its hash: `p=tls-server-end-point`.
    case serverEndPoint([UInt8])

    /// The beginning of the client's first message (`gs2-header`).
    var header: String {
        switch self {
        case .unsupported: "n,,"
        case .notOffered: "y,,"
        case .serverEndPoint: "p=tls-server-end-point,,"
        }
    }

    /// What the proof covers of it (`cbind-input`).
    var input: [UInt8] {
        switch self {
        case .unsupported, .notOffered: Array(header.utf8)
        case .serverEndPoint(let hash): Array(header.utf8) + hash
        }
    }
}
