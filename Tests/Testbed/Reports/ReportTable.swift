import Foundation

/// A table that tests fill cell by cell and `./test` prints at its end.
///
/// The cells are appended to `WELLHEAD_REPORTS/TITLE.tsv` (default: `./artefacts/reports`), one a line; each line is
/// one write, so test processes do not disturb each other. A cell that is recorded twice shows the last word.
package struct ReportTable: Sendable {
    /// What a cell says.
    package enum Cell: Sendable {
        /// It works; the text is the proof, `TLSv1.3` for example.
        case passed(String = "ok")
        /// It does not.
        case failed(String)
        /// It was not tried, and why.
        case notRun(String)

        fileprivate var words: (state: String, text: String) {
            switch self {
            case .passed(let proof): ("passed", proof)
            case .failed(let reason): ("failed", reason)
            case .notRun(let reason): ("not run", reason)
            }
        }
    }

    /// The table's title, which is its file's name too.
    package let title: String

    private let folder: String

    /// A table; without a folder it lies where `WELLHEAD_REPORTS` says.
    package init(_ title: String, in folder: URL? = nil) {
        self.title = title
        self.folder = folder?.path ?? ProcessInfo.processInfo.environment["WELLHEAD_REPORTS"] ?? "artefacts/reports"
    }

    /// Writes one cell.
    package func record(row: String, column: String, _ cell: Cell) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let name = title.map { $0.isLetter || $0.isNumber || $0 == " " || $0 == "." ? $0 : "-" }
        let line = [row, column, cell.words.state, cell.words.text].map(Self.clean).joined(separator: "\t") + "\n"
        let descriptor = open("\(folder)/\(String(name)).tsv", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw TestbedError("The report in \(folder) cannot be written.") }
        defer { close(descriptor) }
        let bytes = Array(line.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            throw TestbedError("The report in \(folder) cannot be written.")
        }
    }

    private static func clean(_ text: String) -> String {
        String(text.map { $0 == "\t" || $0.isNewline ? " " : $0 })
    }
}
