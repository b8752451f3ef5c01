/// An answer of the domain name system (RFC 1035, section 4), as far as services need it.
struct DNSAnswer: Sendable, Equatable {
    /// The types of record that are read, by their number.
    enum RecordType: UInt16 {
        /// TXT (RFC 1035, section 3.3.14).
        case text = 16
        /// SRV (RFC 2782).
        case service = 33
    }

    private(set) var services: [ServiceRecord] = []
    private(set) var texts: [String] = []

    /// The most records that are taken from one answer.
    static let maximumRecords = 256

    /// Reads a message; nil where it lies about a length or a place. Records of other types are passed over.
    init?(_ message: [UInt8]) {
        var reader = Reader(message: message)
        guard reader.skip(4), let questions = reader.number(), let answers = reader.number(), reader.skip(4) else {
            return nil
        }
        for _ in 0..<questions {
            guard reader.name() != nil, reader.skip(4) else { return nil }
        }
        for _ in 0..<min(Int(answers), Self.maximumRecords) {
            guard reader.name() != nil, let type = reader.number(), reader.skip(6), let length = reader.number() else {
                return nil
            }
            let end = reader.index + Int(length)
            guard end <= message.count else { return nil }
            switch RecordType(rawValue: type) {
            case .service:
                guard let priority = reader.number(), let weight = reader.number(), let port = reader.number(),
                    let target = reader.name(), reader.index == end
                else { return nil }
                // A single dot says that there is decidedly no such service here.
                guard !target.isEmpty else { continue }
                services.append(ServiceRecord(priority: priority, weight: weight, port: port, target: target))
            case .text:
                guard let text = reader.text(to: end) else { return nil }
                texts.append(text)
            case nil:
                guard reader.skip(Int(length)) else { return nil }
            }
        }
    }

    /// Reads numbers, names and texts; nil where the message ends before they do.
    private struct Reader {
        let message: [UInt8]
        var index = 0

        init(message: [UInt8]) { self.message = message }

        mutating func skip(_ count: Int) -> Bool {
            guard message.count - index >= count else { return false }
            index += count
            return true
        }

        mutating func number() -> UInt16? {
            guard message.count - index >= 2 else { return nil }
            defer { index += 2 }
            return UInt16(message[index]) << 8 | UInt16(message[index + 1])
        }

        /// A name with dots between its labels; parts of it may stand earlier in the message (section 4.1.4).
        mutating func name() -> String? {
            var labels: [String] = []
            var place = index
            var hasJumped = false
            var length = 0
            while place < message.count {
                let count = Int(message[place])
                switch count {
                case 0:
                    if !hasJumped { index = place + 1 }
                    return labels.joined(separator: ".")
                case 0xC0...0xFF:
                    guard place + 1 < message.count else { return nil }
                    let target = (count & 0x3F) << 8 | Int(message[place + 1])
                    if !hasJumped { index = place + 2 }
                    hasJumped = true
                    // Only ever backwards: so no name is without end.
                    guard target < place else { return nil }
                    place = target
                case 1...63:
                    length += count + 1
                    guard length <= 255, place + count < message.count else { return nil }
                    let label = message[(place + 1)...(place + count)]
                    guard label.allSatisfy({ (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: ".") }) else {
                        return nil
                    }
                    labels.append(String(decoding: label, as: UTF8.self))
                    place += count + 1
                default: return nil
                }
            }
            return nil
        }

        /// The strings up to the record's end, joined.
        mutating func text(to end: Int) -> String? {
            var bytes: [UInt8] = []
            while index < end {
                let count = Int(message[index])
                guard index + 1 + count <= end else { return nil }
                bytes += message[(index + 1)..<(index + 1 + count)]
                index += 1 + count
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
