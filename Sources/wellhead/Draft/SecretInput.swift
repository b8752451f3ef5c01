import Foundation
import SourceModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Secrets on their way in.
enum SecretInput {
    /// The longest file or line that is read, in bytes: what the service takes at most.
    static let limit = 1 << 20

    /// A whole file, such as a key.
    ///
    /// - Throws: `CommandFailure` where it cannot be read, is longer than `limit`, or is no text.
    static func text(ofFile path: String) throws -> String {
        guard let handle = FileHandle(forReadingAtPath: path), let data = try handle.read(upToCount: limit + 1) else {
            throw CommandFailure("The file \(path) cannot be read, or is empty.")
        }
        return try text(data, of: "The file \(path)")
    }

    /// The first line of a file, or of standard input for `-`; at a terminal that is typed without echo.
    static func line(ofFile path: String) throws -> String {
        let text =
            if path != "-" {
                try text(ofFile: path)
            } else if Terminal.isInteractive {
                try typed("Secret: ") ?? ""
            } else {
                try line(from: STDIN_FILENO) ?? ""
            }
        let line = text.prefix { !$0.isNewline }
        guard !line.isEmpty else {
            throw CommandFailure(
                "There is no secret in \(path == "-" ? "standard input" : path); it is the first line.")
        }
        return String(line)
    }

    /// What is typed without echo; nil where nothing is, or there is no terminal to ask at.
    static func typed(_ prompt: String) throws -> String? {
        guard Terminal.isInteractive else { return nil }
        let secret = try Terminal.hiddenLine(prompt)
        return secret.isEmpty ? nil : secret.reveal()
    }

    /// The next line of a descriptor, without its end. Nothing behind it is read, so that it can be asked for again.
    ///
    /// - Parameter last: a byte that ends the line as a line break does, and stays in it.
    /// - Returns: nil where there is nothing more.
    /// - Throws: `CommandFailure` where it cannot be read, is longer than `limit`, or is no text.
    static func line(from descriptor: CInt, endingAt last: UInt8? = nil) throws -> String? {
        var bytes = Data()
        var byte: UInt8 = 0
        while bytes.count <= limit {
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw CommandFailure("The secret cannot be read: \(String(cString: strerror(errno))).")
            }
            if count == 0, bytes.isEmpty { return nil }
            if count == 0 || byte == UInt8(ascii: "\n") { break }
            bytes.append(byte)
            if byte == last { break }
        }
        return try text(bytes, of: "The secret")
    }

    private static func text(_ data: Data, of what: String) throws -> String {
        guard data.count <= limit else { throw CommandFailure("\(what) has more than \(limit) bytes.") }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw CommandFailure("\(what) is no text in UTF-8.")
        }
        return text
    }
}
