/// Every code that an error body can carry; the contract's table, one case a code.
package enum FailureCode: String, CaseIterable, Sendable, Hashable {
    // validate
    case missingField = "missing_field"
    case invalidField = "invalid_field"
    case unknownField = "unknown_field"
    case conflictingFields = "conflicting_fields"
    case unsupportedDriver = "unsupported_driver"
    case invalidKey = "invalid_key"
    case invalidCertificate = "invalid_certificate"
    case certificateKeyMismatch = "certificate_key_mismatch"
    case keyPassphraseRequired = "key_passphrase_required"
    case keyPassphraseWrong = "key_passphrase_wrong"
    // resolve
    case hostNotFound = "host_not_found"
    case resolveTimeout = "resolve_timeout"
    case destinationForbidden = "destination_forbidden"
    // dial
    case connectionRefused = "connection_refused"
    case hostUnreachable = "host_unreachable"
    case connectionReset = "connection_reset"
    case dialTimeout = "dial_timeout"
    // ssh_handshake
    case notAnSSHServer = "not_an_ssh_server"
    case sshNoCommonAlgorithm = "ssh_no_common_algorithm"
    case sshHandshakeFailed = "ssh_handshake_failed"
    case sshTimeout = "ssh_timeout"
    // ssh_host_key, ssh_auth, ssh_forward
    case sshHostKeyMismatch = "ssh_host_key_mismatch"
    case sshAuthFailed = "ssh_auth_failed"
    case sshForwardDenied = "ssh_forward_denied"
    case sshForwardFailed = "ssh_forward_failed"
    case sshRelayUnavailable = "ssh_relay_unavailable"
    // tls
    case tlsNotSupported = "tls_not_supported"
    case tlsUntrusted = "tls_untrusted"
    case tlsExpired = "tls_expired"
    case tlsNotYetValid = "tls_not_yet_valid"
    case tlsHostnameMismatch = "tls_hostname_mismatch"
    case tlsClientCertificateRequired = "tls_client_certificate_required"
    case tlsClientCertificateRejected = "tls_client_certificate_rejected"
    case tlsHandshakeFailed = "tls_handshake_failed"
    // login
    case notThisDriver = "not_this_driver"
    case tlsRequired = "tls_required"
    case loginFailed = "login_failed"
    case loginMethodUnsupported = "login_method_unsupported"
    case loginHostDenied = "login_host_denied"
    case accountLocked = "account_locked"
    case passwordExpired = "password_expired"
    case tooManyConnections = "too_many_connections"
    case serverStarting = "server_starting"
    case serverClosed = "server_closed"
    case replicaSetMismatch = "replica_set_mismatch"
    case noSuitableMember = "no_suitable_member"
    // database, probe
    case databaseNotFound = "database_not_found"
    case databaseForbidden = "database_forbidden"
    case probeFailed = "probe_failed"
    case probeTimeout = "probe_timeout"
    // open
    case fileNotFound = "file_not_found"
    case fileForbidden = "file_forbidden"
    case fileMalformed = "file_malformed"
    case fileTooLarge = "file_too_large"
    case httpStatus = "http_status"
    // query, schema
    case statementRefused = "statement_refused"
    case statementWrites = "statement_writes"
    case statementWithoutRows = "statement_without_rows"
    case statementTimeout = "statement_timeout"
    case statementCancelled = "statement_cancelled"
    case parametersMismatch = "parameters_mismatch"
    case schemaUnavailable = "schema_unavailable"
    // any stage
    case deadlineExceeded = "deadline_exceeded"

    /// Whether it tells of what was asked, not of the connection on which it was.
    package var isAboutStatement: Bool {
        switch self {
        case .statementRefused, .statementWrites, .statementWithoutRows, .statementTimeout, .statementCancelled,
            .parametersMismatch, .schemaUnavailable, .httpStatus:
            true
        default: false
        }
    }
}
