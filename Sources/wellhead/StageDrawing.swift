import Foundation

/// Draws a test's stages on standard error, each as it is travelled: on a terminal the one that runs is seen waiting.
struct StageDrawing {
    private let isLive: Bool
    private let isColoured: Bool
    private var waiting: String?
    private var warnings: [String] = []

    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        isLive = Terminal.errorsAreSeen && environment["TERM"] != "dumb"
        isColoured = isLive && (environment["NO_COLOR"] ?? "").isEmpty
    }

    /// A stage is entered.
    mutating func began(_ stage: String) {
        guard isLive else { return }
        clear()
        waiting = stage
        Terminal.writeError("  … \(stage.onOneLine)")
    }

    /// Something new is seen in the stage that lasts.
    mutating func noted(_ stage: String, _ detail: String) {
        guard waiting == stage else { return }
        clear()
        waiting = stage
        // What is wider than the screen could not be taken off again.
        Terminal.writeError("  … \(stage.onOneLine)  \(detail.onOneLine.prefix(56))")
    }

    /// A stage is left, as the report's entry says.
    mutating func ended(_ entry: JSONValue) {
        clear()
        let passed = entry["ok"].flag == true
        let stage = (entry["stage"].text ?? "").padding(toLength: 14, withPad: " ", startingAt: 0)
        let time = "\(entry["ms"].shownNumber) ms"
        let pad = String(repeating: " ", count: max(0, 11 - time.count))
        let mark = passed ? coloured("✓", 32) : coloured("✗", 31)
        Terminal.error(
            "  \(mark) \(stage.onOneLine)\(pad)\(time)  \((entry["detail"].text ?? "").onOneLine)".trimmedRight)
    }

    /// Something is worth a warning: kept until the end, when the stages are all there.
    mutating func warned(_ warning: JSONValue) { warnings.append((warning["message"].text ?? "").onOneLine) }

    /// The test is over: its warnings, below its stages.
    mutating func end() {
        clear()
        for warning in warnings { Terminal.error("  \(coloured("!", 33)) \(warning)") }
        warnings = []
    }

    /// Takes the waiting stage off the screen.
    private mutating func clear() {
        guard waiting != nil else { return }
        waiting = nil
        Terminal.writeError("\r\u{1B}[2K")
    }

    private func coloured(_ text: String, _ colour: Int) -> String {
        isColoured ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : text
    }
}

extension JSONValue {
    /// A number as it was sent.
    fileprivate var shownNumber: String {
        switch self {
        case .whole(let number): String(number)
        case .number(let number): String(number)
        case .null, .flag, .text, .list, .object: ""
        }
    }
}

extension String {
    fileprivate var trimmedRight: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
