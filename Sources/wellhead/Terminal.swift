import Foundation
import SourceModel
import WebAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the program writes and reads besides its arguments.
enum Terminal {
    /// A line on standard error.
    static func error(_ line: String) {
        FileHandle.standardError.write(Data("\(line)\n".utf8))
    }

    /// A result on standard output: JSON for programs, lines for people.
    static func show(_ node: AnswerNode, asJSON: Bool, lines: [String]) {
        if asJSON {
            print(String(decoding: JSONWriter.bytes(of: node), as: UTF8.self))
        } else {
            for line in lines { print(line) }
        }
    }

    /// Columns of equal width, with a heading.
    static func table(_ heading: [String], _ rows: [[String]]) -> [String] {
        columns([heading] + rows)
    }

    /// Columns of equal width; every row has as many as the first.
    static func columns(_ rows: [[String]]) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
                .joined(separator: "  ").trimmingCharacters(in: .whitespaces)
        }
    }

    /// A password: typed twice without echo on a terminal, else the first line of standard input.
    static func newPassword(for user: String) throws -> Secret {
        guard isatty(STDIN_FILENO) == 1 else {
            guard let line = readLine(), !line.isEmpty else {
                throw CommandFailure("No password on standard input; give it as the first line.")
            }
            return Secret(line)
        }
        let first = try hiddenLine("Password for \(user): ")
        guard !first.isEmpty else { throw CommandFailure("The password is empty.") }
        guard try hiddenLine("The same again: ") == first else { throw CommandFailure("The two passwords differ.") }
        return first
    }

    /// One line without echo; the terminal is left as it was found.
    private static func hiddenLine(_ prompt: String) throws -> Secret {
        FileHandle.standardError.write(Data(prompt.utf8))
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else {
            throw CommandFailure("The terminal's echo cannot be switched off; give the password on standard input.")
        }
        var quiet = before
        quiet.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        return Secret(readLine() ?? "")
    }
}
