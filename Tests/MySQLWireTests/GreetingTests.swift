import NIOCore
import Testing

@testable import MySQLWire

@Suite("The greeting")
struct GreetingTests {
    /// The examples of MySQL's documentation of Protocol::HandshakeV10.
    static let documented55 = ServerSide.bytes(
        """
        0a 35 2e 35 2e 32 2d 6d 32 00 0b 00 00 00 64 76 48 40 49 2d 43 4a 00 ff f7 08 02 00 00 00 00 00
        00 00 00 00 00 00 00 00 00 2a 34 64 7c 63 5a 77 6b 34 5e 5d 3a 00
        """)
    static let documented56 = ServerSide.bytes(
        """
        0a 35 2e 36 2e 34 2d 6d 37 2d 6c 6f 67 00 56 0a 00 00 52 42 33 76 7a 26 47 72 00 ff ff 08 02 00
        0f c0 15 00 00 00 00 00 00 00 00 00 00 2b 79 44 26 2f 5a 5a 33 30 35 5a 47 00 6d 79 73 71 6c 5f
        6e 61 74 69 76 65 5f 70 61 73 73 77 6f 72 64 00
        """)

    @Test("The documented greeting of 5.5 without a plugin's name is read")
    func documentedOld() throws {
        guard case .greeting(let greeting) = Greeting.read(Self.documented55) else {
            Issue.record("no greeting")
            return
        }
        #expect(greeting.version == "5.5.2-m2")
        #expect(greeting.flavour == .mySQL)
        #expect(greeting.connectionID == 11)
        #expect(greeting.nonce == Array("dvH@I-CJ*4d|cZwk4^]:".utf8))
        #expect(greeting.pluginName == "")
    }

    @Test("The documented greeting of 5.6 with a plugin's name is read")
    func documentedNew() throws {
        guard case .greeting(let greeting) = Greeting.read(Self.documented56) else {
            Issue.record("no greeting")
            return
        }
        #expect(greeting.version == "5.6.4-m7-log")
        #expect(greeting.connectionID == 2646)
        #expect(greeting.nonce == Array("RB3vz&Gr+yD&/ZZ305ZG".utf8))
        #expect(greeting.pluginName == "mysql_native_password")
    }

    @Test("A greeting cut anywhere is read or refused, never a trap")
    func cut() {
        for length in 0..<Self.documented56.readableBytes {
            _ = Greeting.read(Self.documented56.getSlice(at: 0, length: length) ?? ByteBuffer())
        }
    }

    @Test(
        "The flavour is told by flag or name, and the replicas' prefix is taken off",
        arguments: [
            ("8.4.2", true, ServerFlavour.mySQL, "8.4.2"),
            ("5.5.5-10.11.6-MariaDB-0+deb12u1", false, .mariaDB, "10.11.6-MariaDB-0+deb12u1"),
            ("11.4.2-MariaDB-log", false, .mariaDB, "11.4.2-MariaDB-log"),
            ("5.5.5-10.1.48-MariaDB", true, .mariaDB, "10.1.48-MariaDB"),
            ("8.0.11-TiDB-v7.5.0", true, .mySQL, "8.0.11-TiDB-v7.5.0"),
            ("12.0.1", false, .mariaDB, "12.0.1"),
        ])
    func flavour(text: String, hasFlag: Bool, flavour: ServerFlavour, version: String) {
        let capabilities = hasFlag ? ServerSide.everything : ServerSide.everything.subtracting(.mySQL)
        guard
            case .greeting(let greeting) = Greeting.read(
                ServerSide.greeting(version: text, capabilities: capabilities))
        else {
            Issue.record("no greeting")
            return
        }
        #expect(greeting.flavour == flavour)
        #expect(greeting.version == version)
    }
}
