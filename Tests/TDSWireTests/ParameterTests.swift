import NIOCore
import Testing

@testable import TDSWire

@Suite("Parameters")
struct ParameterTests {
    @Test(
        "are written as section 2.2.5 of [MS-TDS] has it",
        arguments: [
            (TDSParameter("@p", .bit(true)), "02 40 00 70 00 00 68 01 01 01"),
            (TDSParameter("", .integer(-2)), "00 00 26 08 08 FE FF FF FF FF FF FF FF"),
            (TDSParameter("", .float(0.1)), "00 00 6D 08 08 9A 99 99 99 99 99 B9 3F"),
            (
                TDSParameter("", .decimal(negative: true, magnitude: 12345, scale: 2)),
                "00 00 6A 11 26 02 11 00 39 30 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
            ),
            (TDSParameter("", .text("é")), "00 00 E7 40 1F 09 04 D0 00 34 02 00 E9 00"),
            (TDSParameter("", .null), "00 00 E7 40 1F 09 04 D0 00 34 FF FF"),
        ])
    func encoding(_ parameter: TDSParameter, _ expected: String) {
        var buffer = ByteBuffer()
        parameter.encode(into: &buffer)
        #expect(Array(buffer.readableBytesView) == hex(expected))
    }

    @Test("A long text is one of the long types, in one chunk")
    func longText() {
        var buffer = ByteBuffer()
        TDSParameter("", .text(String(repeating: "a", count: 4001))).encode(into: &buffer)
        let bytes = Array(buffer.readableBytesView)
        #expect(Array(bytes.prefix(22)) == hex("00 00 E7 FF FF 09 04 D0 00 34 42 1F 00 00 00 00 00 00 42 1F 00 00"))
        #expect(Array(bytes.suffix(6)) == [0x61, 0, 0, 0, 0, 0])
        #expect(bytes.count == 22 + 8002 + 4)
    }

    @Test("A password shows nowhere")
    func secrecy() {
        let configuration = TDSConnection.Configuration(username: "ann", password: "hunter2", encryption: .required)
        #expect(!"\(configuration)".contains("hunter2"))
        #expect(!String(reflecting: configuration).contains("hunter2"))
        var shown = ""
        dump(configuration, to: &shown)
        dump(try? configuration.plan(), to: &shown)
        #expect(!shown.contains("hunter2"))
    }

    @Test("Texts that the login cannot hold are refused before anything is sent")
    func longTexts() {
        let configuration = TDSConnection.Configuration(
            username: String(repeating: "a", count: 129), encryption: .required)
        #expect(throws: TDSWireError.invalidArgument("The user name has more than 128 characters.")) {
            try configuration.plan()
        }
    }
}
