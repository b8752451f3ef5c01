import Testing

/// The suites that keep sessions open run one test after the other: some count threads and descriptors of the process.
@Suite("SSH", .serialized)
enum SSHTests {}
