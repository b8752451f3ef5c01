import NIOCore
import Testing

@testable import Route

@Suite("An address")
struct IPAddressTests {
    @Test(
        "is read from a literal and printed in its canonical form",
        arguments: [
            ("10.0.0.7", "10.0.0.7"), ("::1", "::1"), ("[::1]", "::1"), ("2001:DB8::00ff", "2001:db8::ff"),
            ("::ffff:10.0.0.7", "::ffff:10.0.0.7"),
        ])
    func reading(text: String, canonical: String) {
        #expect(IPAddress(text)?.description == canonical)
    }

    @Test(
        "is not read from anything else",
        arguments: ["", "db.test", "127.1", "0x7f.0.0.1", "2130706433", "fe80::1%eth0", "[::1", "1.2.3.4.5"])
    func refusing(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "shows the IPv4 address inside an IPv6 one",
        arguments: [
            ("::ffff:169.254.169.254", "169.254.169.254"), ("::169.254.169.254", "169.254.169.254"),
            ("64:ff9b::a9fe:a9fe", "169.254.169.254"), ("64:ff9b:1::a9fe:a9fe", "169.254.169.254"),
            ("2002:a9fe:a9fe::1", "169.254.169.254"), ("::1", nil), ("2001:db8::1", nil),
        ] as [(String, String?)])
    func embedding(text: String, inner: String?) {
        #expect(IPAddress(text)?.embedded?.description == inner)
    }

    @Test("makes a socket address of the same family", arguments: ["192.0.2.1", "2001:db8::1"])
    func socketAddress(text: String) throws {
        let address = try #require(IPAddress(text)).socketAddress(port: 5432)
        #expect(address.ipAddress == text)
        #expect(address.port == 5432)
    }

    @Test("Families take turns, and within a family the order stays")
    func interleaving() {
        let texts = ["::1", "::2", "::3", "10.0.0.1", "10.0.0.2"]
        let ordered = AddressOrder.interleaved(texts.compactMap { IPAddress($0) })
        #expect(ordered.map(\.description) == ["::1", "10.0.0.1", "::2", "10.0.0.2", "::3"])
        #expect(AddressOrder.interleaved([]).isEmpty)
    }
}
