/// What other protocols say first, for ``FaultyServer/Behaviour/says(_:)`` and ``FaultyServer/Behaviour/answers(_:)``.
package enum Banners {
    /// An SSH server's first line.
    package static let ssh = Array("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n".utf8)
    /// A web server that did not understand.
    package static let http = Array(
        "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)
    /// A mail server's greeting.
    package static let smtp = Array("220 mail.test ESMTP Postfix\r\n".utf8)
    /// Redis, who did not understand.
    package static let redis = Array("-ERR unknown command\r\n".utf8)
    /// Bytes of no protocol.
    package static let garbage: [UInt8] = (0..<512).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 89) }

    /// PostgreSQL's error in protocol 3: severity, SQLSTATE, text.
    package static func postgresError(code: String, _ text: String) -> [UInt8] {
        let fields = "SFATAL\0VFATAL\0C\(code)\0M\(text)\0\0"
        return Array("E".utf8) + bigEndian(UInt32(fields.utf8.count + 4)) + Array(fields.utf8)
    }

    /// MySQL's greeting, protocol 10, with the plugin `caching_sha2_password` and without TLS.
    package static func mySQLGreeting(version: String = "9.7.4") -> [UInt8] {
        let capabilities: UInt32 = 0x0000_0001 | 0x0000_0200 | 0x0000_8000 | 0x0008_0000
        var body: [UInt8] = [10] + Array(version.utf8) + [0]
        body += [7, 0, 0, 0] + Array("12345678".utf8) + [0]
        body += [UInt8(capabilities & 0xFF), UInt8(capabilities >> 8 & 0xFF), 45, 2, 0]
        body += [UInt8(capabilities >> 16 & 0xFF), UInt8(capabilities >> 24 & 0xFF), 21]
        body += [UInt8](repeating: 0, count: 10) + Array("abcdefghijkl".utf8) + [0]
        body += Array("caching_sha2_password".utf8) + [0]
        return mySQLPacket(body, sequence: 0)
    }

    /// MySQL's error instead of a greeting: "Too many connections" (1040) or "Host … is blocked" (1129), for example.
    package static func mySQLError(_ number: UInt16, _ text: String) -> [UInt8] {
        mySQLPacket([0xFF, UInt8(number & 0xFF), UInt8(number >> 8)] + Array(text.utf8), sequence: 0)
    }

    private static func mySQLPacket(_ body: [UInt8], sequence: UInt8) -> [UInt8] {
        let count = body.count
        return [UInt8(count & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count >> 16 & 0xFF), sequence] + body
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(value >> $0 & 0xFF) }
    }
}
