import CLibSSH
import SourceModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The C library's few global matters.
enum LibSSH {
    /// Initialises the library, once in a process.
    static let ready: Bool = ssh_init() == SSH_OK

    /// The library's last words about a session: one line, no control characters, at most 1,024 characters.
    static func words(of session: ssh_session?) -> String {
        guard let session, let text = ssh_get_error(UnsafeMutableRawPointer(session)) else { return "" }
        return plain(String(cString: text))
    }

    /// A text of the other side made fit for a message.
    static func plain(_ text: String) -> String {
        let clean = text.unicodeScalars.map { scalar -> Character in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: " "
            default: Character(scalar)
            }
        }
        return String(String(clean.prefix(1024)).drop { $0 == " " })
    }
}

extension Secret {
    /// Lends the text to a C function and overwrites the copy afterwards.
    func withCString<Result, Failure: Error>(
        _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let copy = withUTF8 { bytes in
            let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count + 1)
            for index in bytes.indices { copy[index] = CChar(bitPattern: bytes[index]) }
            copy[bytes.count] = 0
            return copy
        }
        defer {
            copy.withMemoryRebound(to: UInt8.self) { bytes in
                for index in bytes.indices { bytes[index] = 0 }
                // Reads what was written, so that the writes are not dropped as useless.
                withExtendedLifetime(bytes.reduce(0, &+)) {}
            }
            copy.deallocate()
        }
        // The buffer has at least the final zero, so its base address is there.
        guard let base = copy.baseAddress else { preconditionFailure("the buffer is not empty") }
        return try body(UnsafePointer(base))
    }
}
