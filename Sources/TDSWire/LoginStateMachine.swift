/// The answer to a login, from its first token to its last ([MS-TDS] section 3.2.5.3).
struct LoginStateMachine: Equatable, Sendable {
    enum Action: Equatable {
        case wait
        case accepted
        case fail(TDSWireError)
    }

    private var isAccepted = false
    /// The first error: those that follow only say that the login failed because of it.
    private var refusal: TDSServerMessage?
    private var routing: TDSRouting?

    mutating func acknowledged() { isAccepted = true }

    mutating func errorReceived(_ error: TDSServerMessage) { refusal = refusal ?? error }

    mutating func routingReceived(_ place: TDSRouting) { routing = place }

    /// The answer's last token came.
    func ended() -> Action {
        if let routing { return .fail(.routed(routing)) }
        if isAccepted { return .accepted }
        if let refusal { return .fail(.server(refusal)) }
        return .fail(.protocolViolation("The answer to the login ends without a word about it."))
    }

    /// The channel is gone before that.
    var refusalSoFar: TDSServerMessage? { isAccepted ? nil : refusal }
}
