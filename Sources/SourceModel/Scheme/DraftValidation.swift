/// Turns one draft into a data source. Every rule notes its complaint and goes on with a neutral value, so that all
/// complaints come together; a value read after a complaint is never used, because the complaints are thrown.
struct DraftValidation {
    let draft: DataSourceDraft
    let driver: DriverKind
    var complaints = Complaints()

    init(_ draft: DataSourceDraft, driver: DriverKind) {
        self.draft = draft
        self.driver = driver
    }

    /// A field's text, or a complaint that it is missing.
    mutating func required(_ field: Field, because reason: String, hint: String? = nil) -> String {
        if let text = draft.text(field), !text.isEmpty { return text }
        complaints.add(
            field, .missingField, "\(field.rawValue) is missing: \(reason).", hint: hint ?? "Set \(field.rawValue).")
        return ""
    }

    /// A host and its port.
    mutating func endpoint(_ hostField: Field, _ portField: Field, defaultPort: Int, because reason: String) -> Endpoint
    {
        let sent = required(hostField, because: reason)
        return Endpoint(host: host(sent, hostField, portField), port: port(portField, defaultPort: defaultPort))
    }

    mutating func host(_ sent: String, _ field: Field, _ portField: Field?) -> String {
        guard !sent.isEmpty else { return "" }
        do throws(HostText.Problem) {
            return try HostText.read(sent, field: field, portField: portField)
        } catch {
            complaints.add(field, .invalidField, error.message, hint: error.hint)
            return ""
        }
    }

    mutating func port(_ field: Field, defaultPort: Int) -> Int {
        guard let text = draft.text(field), !text.isEmpty else { return defaultPort }
        if let port = PortText.read(text) { return port }
        complaints.add(
            field, .invalidField, "\(field.rawValue) is \(text.quoted); it takes a whole number of 1 to 65535.",
            hint: "Set \(field.rawValue) to the port's number, or leave it out for \(defaultPort).")
        return defaultPort
    }
}

/// A port as text.
enum PortText {
    /// - Returns: nil for what is no whole number of 1 to 65,535.
    static func read(_ text: String) -> Int? {
        let digits = text.trimmedBlanks
        guard digits.utf8.count <= 10, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits),
            (1...65_535).contains(port)
        else { return nil }
        return port
    }
}
