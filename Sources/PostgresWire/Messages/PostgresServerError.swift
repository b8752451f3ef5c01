/// What the server says in an ErrorResponse or a NoticeResponse ("Error and Notice Message Fields").
public struct PostgresServerError: Error, Hashable, Sendable {
    /// The fields by their letter in the protocol.
    public var fields: [Character: String]

    /// An error of the given fields.
    public init(fields: [Character: String]) { self.fields = fields }

    /// `ERROR`, `FATAL`, `PANIC`, `WARNING`, `NOTICE` …, never translated where the server says so (9.6 and later).
    public var severity: String { fields["V"] ?? fields["S"] ?? "" }
    /// The SQLSTATE, five letters and digits.
    public var sqlState: String { fields["C"] ?? "" }
    /// What happened, in one line.
    public var message: String { fields["M"] ?? "" }
    /// More about it.
    public var detail: String? { fields["D"] }
    /// What to do about it.
    public var hint: String? { fields["H"] }
    /// Where in the statement, in characters from 1.
    public var position: Int? { fields["P"].flatMap { Int($0) } }
    /// Where in the statement that the server made for itself, in characters from 1.
    public var internalPosition: Int? { fields["p"].flatMap { Int($0) } }
    /// The statement that the server made for itself.
    public var internalQuery: String? { fields["q"] }
    /// The call stack of procedural code.
    public var context: String? { fields["W"] }
    /// The schema that the error is about.
    public var schema: String? { fields["s"] }
    /// The table that the error is about.
    public var table: String? { fields["t"] }
    /// The column that the error is about.
    public var column: String? { fields["c"] }
    /// The data type that the error is about.
    public var dataType: String? { fields["d"] }
    /// The constraint that the error is about.
    public var constraint: String? { fields["n"] }
    /// The server's source file.
    public var file: String? { fields["F"] }
    /// The line in the server's source file.
    public var line: String? { fields["L"] }
    /// The server's routine.
    public var routine: String? { fields["R"] }

    /// Whether the session ends with this error.
    public var endsSession: Bool { severity == "FATAL" || severity == "PANIC" }
}

extension PostgresServerError: CustomStringConvertible {
    /// Severity, SQLSTATE and message in one line.
    public var description: String { "\(severity) \(sqlState): \(message)" }
}
