/// What is asked of the SQL Browser, by UDP on port 1434 ([MC-SQLR]).
public enum BrowserMessage {
    /// The port on which the SQL Browser listens.
    public static let port = 1434

    /// The question where an instance listens (CLNT_UCAST_INST, section 2.2.3); nil for a name that cannot be asked for.
    public static func question(for instance: String) -> [UInt8]? {
        let name = Array(instance.utf8)
        guard (1...32).contains(name.count), name.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x3B }) else {
            return nil
        }
        return [0x04] + name + [0]
    }

    /// Reads the TCP port of an instance out of the answer (SVR_RESP, section 2.2.5): pairs of a name and a value, with
    /// `;` between them.
    public static func port(of instance: String, in answer: [UInt8]) -> Int? {
        guard answer.count >= 3, answer[0] == 0x05, Int(answer[1]) | Int(answer[2]) << 8 <= answer.count - 3 else {
            return nil
        }
        let length = Int(answer[1]) | Int(answer[2]) << 8
        let parts = String(decoding: answer[3..<(3 + length)], as: UTF8.self)
            .split(separator: ";", omittingEmptySubsequences: false)
        var pairs: [String: Substring] = [:]
        for index in stride(from: 0, to: parts.count - 1, by: 2) { pairs[parts[index].lowercased()] = parts[index + 1] }
        guard pairs["instancename"]?.lowercased() == instance.lowercased(),
            let port = pairs["tcp"].flatMap({ Int($0) }), (1...65_535).contains(port)
        else { return nil }
        return port
    }
}
