/// Tells from the first bytes what kind of server answered, where that can be told.
enum WhatAnswered {
    /// A few words such as `an SSH server`; nil where the bytes tell nothing.
    static func name(of bytes: [UInt8]) -> String? {
        if bytes.starts(with: Array("SSH-".utf8)) { return "an SSH server" }
        if bytes.starts(with: Array("HTTP/".utf8)) || bytes.starts(with: Array("<".utf8)) { return "a web server" }
        if bytes.count > 5, bytes[3] == 0, bytes[4] == 10 || bytes[4] == 0xFF { return "a MySQL or MariaDB server" }
        if bytes.starts(with: [0x15, 0x03]) || bytes.starts(with: [0x16, 0x03]) { return "a TLS server" }
        if bytes.first == UInt8(ascii: "E"), bytes.count > 4, bytes[1] == 0 { return "a PostgreSQL server" }
        if bytes.starts(with: Array("220".utf8)) { return "a mail or file server" }
        if bytes.starts(with: Array("-ERR".utf8)) || bytes.starts(with: Array("+OK".utf8)) {
            return "a Redis or mail server"
        }
        return nil
    }
}
