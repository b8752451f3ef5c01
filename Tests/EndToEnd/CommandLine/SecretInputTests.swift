import Foundation
import SourceModel
import Testbed
import Testing

@testable import wellhead

/// Secrets as they are typed and as they lie in files.
@Suite("Secrets on their way into a command")
struct SecretInputTests {
    /// A terminal without a screen (`pty(7)`): what is written to the keyboard is typed, what is read from it is shown.
    private final class Terminal: Sendable {
        let keyboard: CInt
        let line: CInt

        init() throws {
            var ends: (keyboard: CInt, line: CInt) = (-1, -1)
            try #require(openpty(&ends.keyboard, &ends.line, nil, nil, nil) == 0)
            (keyboard, line) = ends
        }

        deinit {
            close(keyboard)
            close(line)
        }

        var echoes: Bool {
            var settings = termios()
            return tcgetattr(line, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
        }

        func type(_ text: String) throws { try #require(write(keyboard, text, text.utf8.count) == text.utf8.count) }

        /// What is on the screen by now.
        var shown: Int {
            get throws {
                try #require(fcntl(keyboard, F_SETFL, O_NONBLOCK) == 0)
                var bytes = [UInt8](repeating: 0, count: 1024)
                return max(0, read(keyboard, &bytes, bytes.count))
            }
        }

        func hiddenLine() async -> Result<Secret, any Error> {
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async { [self] in
                    continuation.resume(returning: Result { try wellhead.Terminal.hiddenLine("Secret: ", at: line) })
                }
            }
        }
    }

    @Test("What is typed is not shown", arguments: ["pä \"ss#", ""])
    func hidden(text: String) async throws {
        let terminal = try Terminal()
        async let typed = terminal.hiddenLine()
        try await eventually("the echo is off") { !terminal.echoes }
        try terminal.type(text + "\n")
        #expect(try await typed.get().reveal() == text)
        #expect(try terminal.shown == 0)
        #expect(terminal.echoes)
    }

    @Test("Ctrl-C ends it, and leaves the terminal as it was")
    func interrupted() async throws {
        let terminal = try Terminal()
        async let typed = terminal.hiddenLine()
        try await eventually("the echo is off") { !terminal.echoes }
        try terminal.type("half a sec\u{3}")
        let end = await typed
        #expect { try end.get() } throws: { ($0 as? CommandFailure)?.status == 130 }
        #expect(terminal.echoes)
    }

    @Test(
        "A file is read whole or not at all",
        arguments: [
            (Data(repeating: 0x61, count: SecretInput.limit), nil),
            (Data(repeating: 0x61, count: SecretInput.limit + 1), "more than 1048576 bytes"),
            (Data([0x61, 0xFF, 0x0A]), "no text"), (Data(), "is empty"),
        ] as [(Data, String?)])
    func files(content: Data, complaint: String?) throws {
        let file = Workspace.makeFolder(for: "secret").appending(path: "text")
        try content.write(to: file)
        let read = Result { try SecretInput.line(ofFile: file.path) }
        switch read {
        case .success(let text): #expect(complaint == nil && text.utf8.count == content.count)
        case .failure(let error):
            let message = (error as? CommandFailure)?.message ?? ""
            #expect(complaint.map { message.contains($0) } == true, "\(message)")
        }
    }

    @Test("A token comes from a pipe as from a file, and an empty one is told")
    func tokenFromPipe() async throws {
        let service = try await WellheadService.start()
        let file = service.data.appending(path: "admin.token").path
        for (source, status) in [(file, 0), ("/dev/null", 1)] as [(String, Int32)] {
            let outcome = try await Command.run([
                "bash", "-c", #"exec "$0" list --server "$1" --token-file <(cat "$2")"#, WellheadService.program,
                service.address, source,
            ])
            #expect(outcome.status == status, "\(outcome.errors)")
            #expect(outcome.errors.contains("There is no token in /dev/fd/") == (status == 1))
        }
        #expect(await service.stop() == 0)
    }
}
