import SCRAM

/// What PostgreSQL has of its own in SCRAM.
enum SCRAMPassword {
    /// The iterations that a server may ask for. PostgreSQL's `scram_iterations` begins at one; the most is about a third
    /// of a second of work.
    static let iterations = 1...1_000_000

    /// The password as the server stored it: by SASLprep in PostgreSQL's own order, but ASCII, and what SASLprep does not
    /// allow, as it came.
    static func prepared(_ password: String) -> SecretBytes {
        if password.utf8.allSatisfy({ $0 < 0x80 }) { return SecretBytes(password.utf8) }
        return SecretBytes((SASLprep.prepared(password, order: .postgreSQL) ?? password).utf8)
    }
}
