import Testing

@testable import Gateway

@Suite("The wait before the next attempt")
struct BackoffTests {
    @Test(
        "doubles up to the longest where the failure may pass, and is the patient one where it may not",
        arguments: [
            (0, true, 0), (0, false, 0), (1, true, 250), (2, true, 500), (3, true, 1000), (7, true, 16_000),
            (8, true, 30_000), (9, true, 30_000), (63, true, 30_000), (1_000_000, true, 30_000), (1, false, 120_000),
            (50, false, 120_000),
        ])
    func table(failures: Int, passing: Bool, milliseconds: Int) {
        // Chance at its highest is the whole wait, at its lowest the half of it.
        let highest = Backoff { 1 }, lowest = Backoff { 0 }
        #expect(highest.delay(failures: failures, passing: passing) == .milliseconds(milliseconds))
        #expect(lowest.delay(failures: failures, passing: passing) == .milliseconds(milliseconds) * 0.5)
    }

    @Test("differs from one source to the next, within its half")
    func jitter() {
        let waits = (0..<100).map { _ in Backoff().delay(failures: 3, passing: true) }
        #expect(Set(waits).count > 1)
        #expect(waits.allSatisfy { $0 >= .milliseconds(500) && $0 < .milliseconds(1000) })
    }

    @Test("follows its settings")
    func settings() {
        let backoff = Backoff(first: .seconds(2), longest: .seconds(5), patient: .seconds(60)) { 1 }
        #expect((1...4).map { backoff.delay(failures: $0, passing: true) } == [2, 4, 5, 5].map { .seconds($0) })
        #expect(backoff.delay(failures: 1, passing: false) == .seconds(60))
    }
}
