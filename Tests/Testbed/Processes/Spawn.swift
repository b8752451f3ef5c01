import Foundation

/// Starting a program by `posix_spawn`, and waiting for it.
///
/// Foundation's `Process` notices the end of a program by a descriptor that the program inherits. Servers such as sshd
/// close every descriptor they inherit, and Foundation then waits for the living server, and for nothing else any more.
enum Spawn {
    /// Starts the program with these three standard descriptors and no other, and returns its process id.
    static func start(
        _ words: [String], environment: [String: String], input: String, output: String, errors: String
    ) throws -> Int32 {
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_addopen(&files, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&files, 1, output, O_WRONLY | O_APPEND, 0)
        posix_spawn_file_actions_addopen(&files, 2, errors, O_WRONLY | O_APPEND, 0)
        // Closing a descriptor that is not open is no error here. All tests together hold thousands, and a program that
        // inherits a socket keeps it open, or listens on it.
        for descriptor in Int32(3)..<16_384 { posix_spawn_file_actions_addclose(&files, descriptor) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The signals that this process ignores or blocks are none of the program's business; and an interrupt at the
        // keyboard is for the tests, which then end the program themselves.
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        var pid: pid_t = 0
        let status = withCStrings(words) { arguments in
            withCStrings(environment.map { "\($0.key)=\($0.value)" }) { variables in
                posix_spawn(&pid, words[0], &files, &attributes, arguments, variables)
            }
        }
        guard status == 0 else {
            throw TestbedError("\(words[0]) could not be started: \(String(cString: strerror(status)))")
        }
        return pid
    }

    /// Waits, on a thread of its own, for the end of a program that this process started, and reports its exit
    /// status: 128 and the signal's number where a signal ended it.
    static func reap(_ pid: Int32, _ ended: @escaping @Sendable (Int32) -> Void) {
        let thread = Thread {
            var status: Int32 = 0
            while waitpid(pid, &status, 0) == -1, errno == EINTR {}
            let signal = status & 0x7F
            ended(signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
        }
        thread.name = "reap-\(pid)"
        thread.stackSize = 256 * 1024
        thread.start()
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return body(copies + [nil])
    }
}
