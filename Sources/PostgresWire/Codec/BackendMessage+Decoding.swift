import NIOCore

extension BackendMessage {
    /// Reads a message's body; nil if it does not have the form of its type. What the message does not use stays in
    /// `body`.
    init?(type: UInt8, body: inout ByteBuffer) {
        switch Unicode.Scalar(type) {
        case "D":
            guard let row = DataRow(body: &body) else { return nil }
            self = .dataRow(row)
        case "R":
            guard let request = AuthenticationRequest(body: &body) else { return nil }
            self = .authentication(request)
        case "K":
            guard let (processID, secret) = body.readMultipleIntegers(as: (Int32, Int32).self) else { return nil }
            self = .backendKeyData(BackendKey(processID: processID, secret: secret))
        case "C":
            guard let tag = body.readNullTerminatedString() else { return nil }
            self = .commandComplete(tag)
        case "E":
            guard let error = PostgresServerError(body: &body) else { return nil }
            self = .error(error)
        case "N":
            guard let notice = PostgresServerError(body: &body) else { return nil }
            self = .notice(notice)
        case "S":
            guard let name = body.readNullTerminatedString(), let value = body.readNullTerminatedString() else {
                return nil
            }
            self = .parameterStatus(name: name, value: value)
        case "T":
            guard let columns = Self.readColumns(&body) else { return nil }
            self = .rowDescription(columns)
        case "Z":
            guard let byte: UInt8 = body.readInteger(), let status = TransactionStatus(rawValue: byte) else {
                return nil
            }
            self = .readyForQuery(status)
        case "v":
            guard let negotiation = Self.readNegotiation(&body) else { return nil }
            self = negotiation
        case "t":
            guard let count: UInt16 = body.readInteger() else { return nil }
            var types: [UInt32] = []
            for _ in 0..<count {
                guard let type: UInt32 = body.readInteger() else { return nil }
                types.append(type)
            }
            self = .parameterDescription(types)
        case "1": self = .parseComplete
        case "2": self = .bindComplete
        case "3": self = .closeComplete
        case "I": self = .emptyQueryResponse
        case "n": self = .noData
        case "s": self = .portalSuspended
        case "c": self = .copyDone
        default:
            // Messages whose content is of no use here are skipped whole.
            body.moveReaderIndex(to: body.writerIndex)
            switch Unicode.Scalar(type) {
            case "A": self = .notification
            case "d": self = .copyData
            case "G": self = .copyInResponse
            case "H": self = .copyOutResponse
            case "W": self = .copyBothResponse
            default: return nil
            }
        }
    }

    private static func readNegotiation(_ body: inout ByteBuffer) -> BackendMessage? {
        guard let (minor, count) = body.readMultipleIntegers(as: (Int32, Int32).self), count >= 0 else { return nil }
        var names: [String] = []
        for _ in 0..<count {
            guard let name = body.readNullTerminatedString() else { return nil }
            names.append(name)
        }
        return .negotiateProtocolVersion(minor: minor, unrecognised: names)
    }

    private static func readColumns(_ body: inout ByteBuffer) -> [PostgresColumn]? {
        guard let count: UInt16 = body.readInteger() else { return nil }
        var columns: [PostgresColumn] = []
        for _ in 0..<count {
            guard let name = body.readNullTerminatedString(),
                let (table, attribute, type, size, modifier, code) = body.readMultipleIntegers(
                    as: (UInt32, Int16, UInt32, Int16, Int32, Int16).self),
                let format = PostgresFormat(rawValue: code)
            else { return nil }
            columns.append(
                PostgresColumn(
                    name: name, tableOID: table, attributeNumber: attribute, typeOID: type, typeSize: size,
                    typeModifier: modifier, format: format))
        }
        return columns
    }
}

extension AuthenticationRequest {
    init?(body: inout ByteBuffer) {
        guard let code: Int32 = body.readInteger() else { return nil }
        switch code {
        case 0: self = .ok
        case 3: self = .cleartextPassword
        case 5:
            guard let salt = body.readBytes(length: 4) else { return nil }
            self = .md5Password(salt: salt)
        case 10:
            var mechanisms: [String] = []
            while let mechanism = body.readNullTerminatedString() {
                if mechanism.isEmpty {
                    self = .sasl(mechanisms: mechanisms)
                    return
                }
                mechanisms.append(mechanism)
            }
            return nil
        case 11: self = .saslContinue(body.readBytes(length: body.readableBytes) ?? [])
        case 12: self = .saslFinal(body.readBytes(length: body.readableBytes) ?? [])
        case 1...255:
            body.moveReaderIndex(to: body.writerIndex)
            self = .other(code)
        default: return nil
        }
    }
}

extension PostgresServerError {
    init?(body: inout ByteBuffer) {
        var fields: [Character: String] = [:]
        while let code: UInt8 = body.readInteger() {
            if code == 0 {
                self.init(fields: fields)
                return
            }
            guard let text = body.readNullTerminatedString() else { return nil }
            fields[Character(Unicode.Scalar(code))] = text
        }
        return nil
    }
}

extension DataRow {
    init?(body: inout ByteBuffer) {
        guard let count: UInt16 = body.readInteger() else { return nil }
        let cells = body.slice()
        for _ in 0..<count {
            guard let length: Int32 = body.readInteger(), length >= -1 else { return nil }
            guard length <= 0 || body.readableBytes >= Int(length) else { return nil }
            if length > 0 { body.moveReaderIndex(forwardBy: Int(length)) }
        }
        self.init(count: Int(count), cells: cells)
    }
}
