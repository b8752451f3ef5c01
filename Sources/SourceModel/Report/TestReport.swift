/// What a test saw, stage by stage.
package struct TestReport: Sendable, Equatable {
    /// One stage that was entered.
    package struct Entry: Sendable, Equatable {
        package var stage: Stage
        package var ok: Bool
        /// Time spent in the stage.
        package var elapsed: Duration
        /// What was seen there, in a few words.
        package var detail: String

        package init(stage: Stage, ok: Bool, elapsed: Duration, detail: String) {
            self.stage = stage
            self.ok = ok
            self.elapsed = elapsed
            self.detail = detail
        }
    }

    package var ok: Bool
    package var elapsed: Duration
    package var warnings: [Warning]
    package var stages: [Entry]

    package init(ok: Bool, elapsed: Duration, warnings: [Warning], stages: [Entry]) {
        self.ok = ok
        self.elapsed = elapsed
        self.warnings = warnings
        self.stages = stages
    }
}

/// Something that works and yet deserves a look.
package struct Warning: Sendable, Equatable {
    /// The kinds of warning that a report can carry.
    package enum Code: String, CaseIterable, Sendable {
        /// `sslMode` is `require`: encrypted, but anyone could be at the other end.
        case tlsUnverified = "tls_unverified"
        /// The server's or the client's certificate ends within 30 days.
        case certificateExpiring = "certificate_expiring"
        /// The login can write.
        case loginCanWrite = "login_can_write"
        /// The login is a superuser.
        case loginIsSuperuser = "login_is_superuser"
        /// The server is MariaDB where the record says MySQL, or the other way round.
        case otherFlavour = "other_flavour"
        /// The password crossed the network readable.
        case passwordInClear = "password_in_clear"
        /// No host key was given: the one seen now is pinned.
        case hostKeyPinned = "host_key_pinned"
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
