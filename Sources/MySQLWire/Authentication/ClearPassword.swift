import NIOCore

/// `mysql_clear_password`: the password as it is, only inside TLS.
enum ClearPassword {
    static let name = "mysql_clear_password"

    static func answer(credentials: Credentials) -> AuthenticationStep {
        guard credentials.isSecure else { return .fail(.plaintextPasswordRefused(plugin: name)) }
        return .send(ByteBuffer(bytes: credentials.password.zeroTerminated))
    }
}
