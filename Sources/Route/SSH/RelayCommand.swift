import SourceModel

/// The command that relays bytes from the SSH host to the data source.
enum RelayCommand {
    /// The exit status of a shell that does not find a command, and of ours where no relay is installed.
    static let notFound = 127

    /// Looks for a relay and becomes it. `-v` makes it say on standard error whether it connected and why not;
    /// `-N` or `-q` ends it when our side has closed, so that nothing is left running there.
    private static let script = """
        if command -v nc >/dev/null 2>&1; then \
        case "$(nc -h 2>&1)" in \
        *"Shutdown the network socket"*) exec nc -v -N -- "$1" "$2";; \
        *"-q secs"*) exec nc -v -q 1 -- "$1" "$2";; \
        *BusyBox*) exec nc "$1" "$2";; \
        *) exec nc -v -- "$1" "$2";; \
        esac; fi; \
        if command -v ncat >/dev/null 2>&1; then exec ncat -v -- "$1" "$2"; fi; \
        if command -v netcat >/dev/null 2>&1; then exec netcat -v -- "$1" "$2"; fi; \
        if command -v busybox >/dev/null 2>&1; then exec busybox nc "$1" "$2"; fi; \
        echo "no nc, ncat, netcat or busybox is installed" >&2; exit 127
        """

    /// The command line for a target; nil where the host's name has characters that no host has: what would need
    /// more than plain quotes is not sent to a stranger's shell.
    static func line(for target: Endpoint) -> String? {
        guard !target.host.isEmpty, !target.host.hasPrefix("-"), (1...65535).contains(target.port) else { return nil }
        let allowed = target.host.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || [".", "-", "_", ":", "%"].contains(scalar)
        }
        guard allowed else { return nil }
        return "exec sh -c '\(script)' sh '\(target.host)' '\(target.port)'"
    }

    /// Whether a relay's standard error says that it has connected: the words of OpenBSD's nc, ncat and the
    /// traditional nc.
    static func saysConnected(_ text: String) -> Bool {
        text.contains("succeeded") || text.contains("Connected to") || text.contains(") open")
            || text.contains("] open")
    }
}
