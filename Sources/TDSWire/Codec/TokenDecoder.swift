import NIOCore

/// Cuts the stream of a server's answer into tokens. Holds at most one token, or one row, that is not complete, and
/// never more than its bound and what one read brings.
struct TokenDecoder {
    /// Bytes of a token or a row at most.
    struct Limits: Equatable {
        var row: Int
        /// SQL Server has at most 4,096 columns in a result.
        var columns = 4096
    }

    private(set) var buffer = ByteBuffer()
    private var scanner = RowScanner()
    private(set) var layout: RowLayout?
    /// The columns of a COLMETADATA that is not complete, and how many there will be.
    private var partial: (columns: [TDSColumn], count: Int)?

    /// How many bytes wait to become a token.
    var bufferedBytes: Int { buffer.readableBytes }

    /// Takes payload in, by way of `fill`. What was there and is read already is let go, so that rows that point into it
    /// do not hold back, or copy, what comes next.
    mutating func append<Failure: Error>(
        _ fill: (inout ByteBuffer) throws(Failure) -> Void
    ) throws(Failure) {
        if buffer.readableBytes == 0 {
            buffer = ByteBuffer()
        } else if buffer.readerIndex > 0 {
            buffer = ByteBuffer(buffer: buffer.slice())
        }
        try fill(&buffer)
    }

    /// The rows that come next and are whole, as many as there are; nil where the next token is no whole row.
    mutating func nextRows(_ limits: Limits) throws(DecodingFailure) -> RowSpan? {
        guard let layout, partial == nil else { return nil }
        var length = 0
        var count = 0
        var failure: DecodingFailure?
        buffer.withUnsafeReadableBytes { bytes in
            while length < bytes.count {
                let token = bytes[length]
                guard token == TokenType.row.rawValue || token == TokenType.sparseRow.rawValue else { return }
                let rest = UnsafeRawBufferPointer(rebasing: bytes[length...])
                switch scanner.scan(rest, layout, limit: limits.row) {
                case .incomplete: return
                case .complete(let size):
                    length += size
                    count += 1
                    scanner = RowScanner()
                case .malformed:
                    failure = .malformed(token)
                    return
                case .tooLarge(let size):
                    failure = .tooLarge(size: size, limit: limits.row)
                    return
                }
            }
        }
        if let failure { throw failure }
        guard count > 0, let tokens = buffer.readSlice(length: length) else { return nil }
        return RowSpan(count: count, tokens: tokens, layout: layout)
    }

    /// The next whole token that is no row, or nil until more bytes come.
    mutating func next(_ limits: Limits) throws(DecodingFailure) -> Token? {
        if partial != nil { return try nextColumns() }
        guard let first: UInt8 = buffer.getInteger(at: buffer.readerIndex) else { return nil }
        guard let type = TokenType(rawValue: first) else { throw .unexpectedToken(first) }
        switch type {
        case .row, .sparseRow:
            // `nextRows` takes those that are whole; one without columns before it means nothing.
            guard layout != nil else { throw .unexpectedToken(first) }
            return nil
        case .columns: return try beginColumns(limits)
        case .returnStatus:
            guard buffer.readableBytes >= 5 else { return nil }
            buffer.moveReaderIndex(forwardBy: 1)
            return .returnStatus(buffer.readInteger(endianness: .little) ?? 0)
        case .done, .doneProcedure, .doneInProcedure: return done(type)
        case .returnValue: return try returnValue(limits)
        case .features: return try features()
        case .federatedLogin, .sessionState: return try long(type)
        case .tableNames, .columnInfo, .order, .error, .info, .loginAccepted, .environment, .sspi:
            return try short(type)
        }
    }

    private mutating func done(_ type: TokenType) -> Token? {
        guard buffer.readableBytes >= 13 else { return nil }
        buffer.moveReaderIndex(forwardBy: 1)
        guard
            let (status, command, rows) = buffer.readMultipleIntegers(
                endianness: .little, as: (UInt16, UInt16, UInt64).self)
        else { return nil }
        return .done(
            Done(
                status: Done.Status(rawValue: status), command: command, rows: rows,
                isInner: type == .doneInProcedure))
    }

    /// Tokens with two bytes of length.
    private mutating func short(_ type: TokenType) throws(DecodingFailure) -> Token? {
        let start = buffer.readerIndex
        guard let length: UInt16 = buffer.getInteger(at: start + 1, endianness: .little),
            buffer.readableBytes >= 3 + Int(length)
        else { return nil }
        buffer.moveReaderIndex(forwardBy: 3)
        guard var body = buffer.readSlice(length: Int(length)) else { return nil }
        switch type {
        case .error, .info:
            guard let message = TDSServerMessage(&body) else { throw .malformed(type.rawValue) }
            return type == .error ? .error(message) : .info(message)
        case .loginAccepted:
            guard let answer = LoginAcknowledgement(&body) else { throw .malformed(type.rawValue) }
            return .loginAccepted(answer)
        case .environment:
            guard let change = EnvironmentChange(&body) else { throw .malformed(type.rawValue) }
            return .environment(change)
        case .sspi: return .sspi
        case .tableNames, .columnInfo, .order: return .other
        case .columns, .returnStatus, .returnValue, .features, .row, .sparseRow, .sessionState, .federatedLogin, .done,
            .doneProcedure, .doneInProcedure:
            throw .unexpectedToken(type.rawValue)
        }
    }

    /// Tokens with four bytes of length; none of them is long.
    private mutating func long(_ type: TokenType) throws(DecodingFailure) -> Token? {
        guard let length: UInt32 = buffer.getInteger(at: buffer.readerIndex + 1, endianness: .little) else {
            return nil
        }
        guard length <= 1 << 20 else { throw .tooLarge(size: Int(length), limit: 1 << 20) }
        guard buffer.readableBytes >= 5 + Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: 5 + Int(length))
        return type == .federatedLogin ? .federatedLogin : .other
    }

    /// FEATUREEXTACK: features with four bytes of length each, until 0xFF ([MS-TDS] section 2.2.7.11).
    private mutating func features() throws(DecodingFailure) -> Token? {
        var index = buffer.readerIndex + 1
        while let feature: UInt8 = buffer.getInteger(at: index) {
            if feature == 0xFF {
                buffer.moveReaderIndex(to: index + 1)
                return .other
            }
            guard let length: UInt32 = buffer.getInteger(at: index + 1, endianness: .little) else { return nil }
            guard length <= 1 << 16, index - buffer.readerIndex < 1 << 18 else { throw .malformed(0xAE) }
            index += 5 + Int(length)
        }
        return nil
    }

    /// RETURNVALUE: an output parameter, which nobody asks for here ([MS-TDS] section 2.2.7.19). It is passed over.
    private mutating func returnValue(_ limits: Limits) throws(DecodingFailure) -> Token? {
        var rest = buffer
        rest.moveReaderIndex(forwardBy: 1)
        guard rest.readInteger(as: UInt16.self) != nil, rest.readByteText() != nil,
            rest.readSlice(length: 1) != nil, rest.readSlice(length: 6) != nil
        else { return nil }
        guard let type = try rest.readTypeInfo() else { return nil }
        // The scanner wants a row's token before the cell.
        var cell = ByteBuffer(bytes: [TokenType.row.rawValue])
        cell.writeImmutableBuffer(rest.slice())
        var scanner = RowScanner()
        let layout = RowLayout([TDSColumn(name: "", type: type)])
        let outcome = cell.withUnsafeReadableBytes { scanner.scan($0, layout, limit: min(limits.row, 1 << 20)) }
        switch outcome {
        case .incomplete: return nil
        case .complete(let size):
            buffer.moveReaderIndex(to: rest.readerIndex + size - 1)
            return .other
        case .malformed: throw .malformed(TokenType.returnValue.rawValue)
        case .tooLarge(let size): throw .tooLarge(size: size, limit: min(limits.row, 1 << 20))
        }
    }

    // MARK: COLMETADATA

    private mutating func beginColumns(_ limits: Limits) throws(DecodingFailure) -> Token? {
        guard let count: UInt16 = buffer.getInteger(at: buffer.readerIndex + 1, endianness: .little) else { return nil }
        buffer.moveReaderIndex(forwardBy: 3)
        // 0xFFFF: no description, as a client can ask for, and this one does not.
        if count == .max {
            layout = RowLayout([])
            return .columns([])
        }
        guard count <= limits.columns else { throw .tooLarge(size: Int(count), limit: limits.columns) }
        partial = ([], Int(count))
        return try nextColumns()
    }

    private mutating func nextColumns() throws(DecodingFailure) -> Token? {
        guard let (known, count) = partial else { return nil }
        var columns = known
        while columns.count < count {
            var rest = buffer
            guard let column = try rest.readColumn() else {
                partial = (columns, count)
                return nil
            }
            buffer.moveReaderIndex(to: rest.readerIndex)
            columns.append(column)
        }
        partial = nil
        layout = RowLayout(columns)
        scanner = RowScanner()
        return .columns(columns)
    }
}
