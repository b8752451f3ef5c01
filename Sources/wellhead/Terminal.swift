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
    static func error(_ line: String) { writeError("\(line)\n") }

    /// Text on standard error, without a line break.
    static func writeError(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

    /// Whether somebody sits there who can be asked.
    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 }

    /// Whether standard error is a screen.
    static var errorsAreSeen: Bool { isatty(STDERR_FILENO) == 1 }

    /// Asks for a word, and says whether it was given.
    ///
    /// - Throws: `CommandFailure` where nobody can be asked.
    static func confirm(_ prompt: String, _ word: String) throws -> Bool {
        guard isInteractive else { throw CommandFailure.setting("Nobody can be asked here; say --yes.") }
        writeError(prompt)
        return readLine() == word
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
        let rows = rows.map { $0.map(\.onOneLine) }
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
                .joined(separator: "  ").trimmingCharacters(in: .whitespaces)
        }
    }

    /// A password: typed twice without echo on a terminal, else the first line of standard input.
    static func newPassword(for user: String) throws -> Secret {
        guard isInteractive else {
            guard let line = try SecretInput.line(from: STDIN_FILENO), !line.isEmpty else {
                throw CommandFailure("No password on standard input; give it as the first line.")
            }
            return Secret(line)
        }
        let first = try hiddenLine("Password for \(user): ")
        guard !first.isEmpty else { throw CommandFailure("The password is empty.") }
        guard try hiddenLine("The same again: ") == first else { throw CommandFailure("The two passwords differ.") }
        return first
    }

    /// One line without echo; the terminal is left as it was found, also by Ctrl-C.
    ///
    /// - Parameter terminal: the terminal's descriptor.
    /// - Throws: `CommandFailure` where the echo stays, what is typed is no line, or Ctrl-C ended it.
    static func hiddenLine(_ prompt: String, at terminal: CInt = STDIN_FILENO) throws -> Secret {
        var before = termios()
        guard tcgetattr(terminal, &before) == 0 else { throw echoStays }
        var quiet = before
        // A signal would end the program with the echo off: Ctrl-C is a character here, and ends the line.
        quiet.c_lflag &= ~tcflag_t(ECHO | ISIG)
        withUnsafeMutableBytes(of: &quiet.c_cc) { $0[Int(VEOL)] = interrupt }
        writeError(prompt)
        guard tcsetattr(terminal, TCSAFLUSH, &quiet) == 0 else { throw echoStays }
        defer {
            tcsetattr(terminal, TCSAFLUSH, &before)
            writeError("\n")
        }
        let line = try SecretInput.line(from: terminal, endingAt: interrupt) ?? ""
        guard !line.utf8.contains(interrupt) else { throw CommandFailure.interrupted(by: SIGINT) }
        return Secret(line)
    }

    /// What Ctrl-C sends.
    private static let interrupt: UInt8 = 3

    private static var echoStays: CommandFailure {
        CommandFailure("The terminal's echo cannot be switched off; give the password on standard input.")
    }
}

extension String {
    /// The text on one line, without what steers a terminal. It can come from a stranger's database: an escape sequence
    /// in it could rewrite what is on the screen. A line break is shown as ⏎, a tab as a blank, other control characters
    /// as their pictures.
    var onOneLine: String {
        guard unicodeScalars.contains(where: \.isSteering) else { return self }
        var line = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": line.append("⏎")
            case "\t": line.append(" ")
            case "\u{7F}": line.append("␡")
            // The block of control pictures has them in their order.
            case "\u{0}"..."\u{1F}": line.append(Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}")
            default: line.append(scalar.isSteering ? "\u{FFFD}" : scalar)
            }
        }
        return String(line)
    }
}
