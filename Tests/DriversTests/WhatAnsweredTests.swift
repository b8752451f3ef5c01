import Testbed
import Testing

@testable import Drivers

@Suite("What answered is told by its first bytes")
struct WhatAnsweredTests {
    @Test(
        "where it can be told",
        arguments: [
            (Banners.ssh, "an SSH server"), (Banners.http, "a web server"), (Array("<html>".utf8), "a web server"),
            (Banners.mySQLGreeting(), "a MySQL or MariaDB server"),
            (Banners.mySQLError(1040, "Too many connections"), "a MySQL or MariaDB server"),
            // An alert and the beginning of a handshake.
            ([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28], "a TLS server"),
            ([0x16, 0x03, 0x03, 0x00, 0x40, 0x02], "a TLS server"),
            (Banners.postgresError(code: "08P01", "invalid startup packet"), "a PostgreSQL server"),
            (Banners.smtp, "a mail or file server"), (Array("220-FileZilla\r\n".utf8), "a mail or file server"),
            (Banners.redis, "a Redis or mail server"), (Array("+OK POP3 ready\r\n".utf8), "a Redis or mail server"),
        ] as [([UInt8], String)])
    func named(bytes: [UInt8], name: String) { #expect(WhatAnswered.name(of: bytes) == name) }

    @Test(
        "and where it cannot, nothing is made up",
        arguments: [[], [0], Array("E".utf8), Array("ERROR\r\n".utf8), Array("Hello".utf8), Banners.garbage])
    func unknown(bytes: [UInt8]) { #expect(WhatAnswered.name(of: bytes) == nil) }

    @Test("and no beginning is taken for another protocol", arguments: [Banners.ssh, Banners.http, Banners.smtp])
    func prefixes(banner: [UInt8]) {
        let whole = WhatAnswered.name(of: banner)
        for length in banner.indices {
            let name = WhatAnswered.name(of: Array(banner.prefix(length)))
            #expect(name == nil || name == whole, "\(length) bytes")
        }
    }
}
