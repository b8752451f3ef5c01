/// The steps of a test, in the order in which a connection travels them.
package enum Stage: String, CaseIterable, Sendable, Hashable {
    case validate, resolve, dial
    case sshHandshake = "ssh_handshake"
    case sshHostKey = "ssh_host_key"
    case sshAuth = "ssh_auth"
    case sshForward = "ssh_forward"
    case tls, login, database, probe
    /// Files and REST: opening what the route leads to.
    case open
    /// Running a statement on a connection that is open.
    case query
    /// Reading what tables there are.
    case schema
}
