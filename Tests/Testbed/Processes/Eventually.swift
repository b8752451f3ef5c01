/// Polls a condition until it holds. Readiness and "nothing is left" are observed this way, never by sleeping for a
/// guessed time. The deadline is there for what hangs: where all tests run at one time on few cores, a task can wait for
/// a minute until it runs at all.
///
/// - Throws: ``TestbedError`` with `what` when the deadline passes first.
package func eventually(
    _ what: String, within deadline: Duration = .seconds(180), every interval: Duration = .milliseconds(20),
    _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: deadline)
    while try await !condition() {
        guard clock.now < end else {
            throw TestbedError("It did not come true within \(deadline): \(what).")
        }
        try await clock.sleep(for: interval)
    }
}
