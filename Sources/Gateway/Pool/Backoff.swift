/// How long to wait before the next attempt: exponential, with jitter, so that a hundred sources behind one bastion
/// do not return in one moment.
package struct Backoff: Sendable {
    /// The wait after the first failure.
    package var first: Duration
    /// The longest wait where the failure may pass by itself, such as a refused connection.
    package var longest: Duration
    /// The wait where somebody must mend something, such as a wrong password: servers lock accounts that knock often.
    package var patient: Duration
    /// A number of 0..<1; a test's is fixed.
    package var random: @Sendable () -> Double

    package init(
        first: Duration = .milliseconds(250), longest: Duration = .seconds(30), patient: Duration = .seconds(120),
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.first = first
        self.longest = longest
        self.patient = patient
        self.random = random
    }

    /// The wait after so many failures in a row: half of it fixed, half of it by chance. None before the first.
    package func delay(failures: Int, passing: Bool) -> Duration {
        guard failures > 0 else { return .zero }
        let whole = passing ? min(longest, first * (1 << min(failures - 1, 16))) : patient
        return whole * (0.5 + random() / 2)
    }
}
