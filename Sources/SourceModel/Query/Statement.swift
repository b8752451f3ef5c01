/// One statement that reads, with its parameters and its bounds.
package struct Statement: Sendable, Equatable {
    /// The statement in the data source's own language.
    package var text: String
    /// Values for the statement's placeholders, in their order; they go as protocol parameters, never as text.
    package var parameters: [StatementParameter]
    /// Rows at most; the rest is not fetched.
    package var rowLimit: Int
    /// Bytes of the encoded result at most; the rest is not fetched.
    package var byteLimit: Int
    /// From the call to the last row.
    package var timeout: Duration

    package init(
        _ text: String, parameters: [StatementParameter] = [], rowLimit: Int = 1000, byteLimit: Int = 256 << 20,
        timeout: Duration = .seconds(30)
    ) {
        self.text = text
        self.parameters = parameters
        self.rowLimit = rowLimit
        self.byteLimit = byteLimit
        self.timeout = timeout
    }
}

/// A value for a placeholder, as JSON can say it.
package enum StatementParameter: Sendable, Hashable {
    case null
    case flag(Bool)
    /// A number's digits as they were sent, so that none is lost.
    case number(String)
    /// Text; also dates, decimals and whatever else the server reads from text. An object or a list comes as its JSON.
    case text(String)
}
