import NIOCore
import SCRAM

extension FrontendMessage {
    /// Writes the message as it goes over the wire.
    func encode(into buffer: inout ByteBuffer) {
        switch self {
        case .sslRequest:
            buffer.writeMultipleIntegers(Int32(8), Int32(80_877_103))
        case .cancelRequest(let key):
            buffer.writeMultipleIntegers(Int32(16), Int32(80_877_102), key.processID, key.secret)
        case .startup(let parameters):
            Self.frame(nil, &buffer) { buffer in
                buffer.writeInteger(Int32(196_608))
                for parameter in parameters {
                    buffer.writeNullTerminatedString(parameter.name)
                    buffer.writeNullTerminatedString(parameter.value)
                }
                buffer.writeInteger(UInt8(0))
            }
        case .password(let secret):
            Self.frame("p", &buffer) {
                $0.writeBytes(secret.bytes)
                $0.writeInteger(UInt8(0))
            }
        case .saslInitialResponse(let mechanism, let response):
            Self.frame("p", &buffer) {
                $0.writeNullTerminatedString(mechanism)
                $0.writeInteger(Int32(response.bytes.count))
                $0.writeBytes(response.bytes)
            }
        case .saslResponse(let response):
            Self.frame("p", &buffer) { $0.writeBytes(response.bytes) }
        case .query(let sql):
            Self.frame("Q", &buffer) { $0.writeNullTerminatedString(sql) }
        case .parse(let name, let sql, let types):
            Self.frame("P", &buffer) { buffer in
                buffer.writeNullTerminatedString(name)
                buffer.writeNullTerminatedString(sql)
                buffer.writeInteger(UInt16(truncatingIfNeeded: types.count))
                for type in types { buffer.writeInteger(type) }
            }
        case .bind(let statement, let parameters, let results):
            Self.frame("B", &buffer) { Self.writeBind(statement, parameters, results, into: &$0) }
        case .describePortal:
            Self.frame("D", &buffer) { $0.writeMultipleIntegers(UInt8(ascii: "P"), UInt8(0)) }
        case .describeStatement(let name):
            Self.frame("D", &buffer) {
                $0.writeInteger(UInt8(ascii: "S"))
                $0.writeNullTerminatedString(name)
            }
        case .execute(let maximumRows):
            Self.frame("E", &buffer) { $0.writeMultipleIntegers(UInt8(0), maximumRows) }
        case .sync:
            Self.frame("S", &buffer) { _ in }
        case .copyFail(let reason):
            Self.frame("f", &buffer) { $0.writeNullTerminatedString(reason) }
        case .terminate:
            Self.frame("X", &buffer) { _ in }
        }
    }

    private static func writeBind(
        _ statement: String, _ parameters: [PostgresParameter], _ results: PostgresFormat, into buffer: inout ByteBuffer
    ) {
        buffer.writeInteger(UInt8(0))  // the unnamed portal
        buffer.writeNullTerminatedString(statement)
        buffer.writeInteger(UInt16(truncatingIfNeeded: parameters.count))
        for parameter in parameters { buffer.writeInteger(parameter.format.rawValue) }
        buffer.writeInteger(UInt16(truncatingIfNeeded: parameters.count))
        for parameter in parameters {
            if let bytes = parameter.bytes {
                buffer.writeInteger(Int32(truncatingIfNeeded: bytes.readableBytes))
                buffer.writeImmutableBuffer(bytes)
            } else {
                buffer.writeInteger(Int32(-1))
            }
        }
        buffer.writeMultipleIntegers(UInt16(1), results.rawValue)
    }

    /// Writes type, length and body; the length is filled in last.
    private static func frame(_ type: Unicode.Scalar?, _ buffer: inout ByteBuffer, _ body: (inout ByteBuffer) -> Void) {
        if let type { buffer.writeInteger(UInt8(ascii: type)) }
        let start = buffer.writerIndex
        buffer.writeInteger(Int32(0))
        body(&buffer)
        buffer.setInteger(Int32(truncatingIfNeeded: buffer.writerIndex - start), at: start)
    }
}
