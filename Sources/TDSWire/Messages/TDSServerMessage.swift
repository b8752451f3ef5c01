/// What the server says in an ERROR or INFO token ([MS-TDS] sections 2.2.7.10 and 2.2.7.13).
public struct TDSServerMessage: Error, Hashable, Sendable, CustomStringConvertible {
    /// The message's number, as in `sys.messages`.
    public var number: Int32
    /// Which of the causes of this number it is.
    public var state: UInt8
    /// The severity: up to 10 information, from 20 on the session ends.
    public var severity: UInt8
    /// What happened, in the server's language.
    public var text: String
    /// The server's own name.
    public var server: String
    /// The procedure in which it happened; empty outside of procedures.
    public var procedure: String
    /// The line of the batch or procedure, from 1.
    public var line: UInt32

    /// A message of the given parts.
    public init(
        number: Int32, state: UInt8, severity: UInt8, text: String, server: String = "", procedure: String = "",
        line: UInt32 = 0
    ) {
        self.number = number
        self.state = state
        self.severity = severity
        self.text = text
        self.server = server
        self.procedure = procedure
        self.line = line
    }

    /// Whether the session ends with it.
    public var endsSession: Bool { severity >= 20 }

    /// Number, state, severity and text in one line.
    public var description: String { "\(number), state \(state), severity \(severity): \(text)" }
}
