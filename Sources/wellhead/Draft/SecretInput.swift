import Foundation
import SourceModel

/// Secrets on their way in.
enum SecretInput {
    /// The longest file that is read, in bytes: what the service takes at most.
    private static let limit = 1 << 20

    /// A whole file, such as a key.
    static func text(ofFile path: String) throws -> String {
        guard let handle = FileHandle(forReadingAtPath: path), let data = try handle.read(upToCount: limit) else {
            throw CommandFailure("The file \(path) cannot be read, or is empty.")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// The first line of a file, or of standard input for `-`.
    static func line(ofFile path: String) throws -> String {
        let text = path == "-" ? readLine() ?? "" : try text(ofFile: path)
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
}
