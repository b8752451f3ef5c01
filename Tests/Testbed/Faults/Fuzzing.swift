import Foundation

/// Random numbers that a seed gives again: SplitMix64.
package struct FuzzRandom: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// How long the fuzz tests go on, and from where: `WELLHEAD_FUZZ_SECONDS` (2 by default), `WELLHEAD_FUZZ_SEED` (1).
package enum Fuzzing {
    /// Calls the body with one seed after the other until the time is over, at least once.
    ///
    /// - Parameter share: the part of the time that this test takes.
    package static func run(share: Double = 1, _ body: (UInt64) throws -> Void) rethrows {
        let environment = ProcessInfo.processInfo.environment
        let seconds = environment["WELLHEAD_FUZZ_SECONDS"].flatMap { Double($0) } ?? 2
        var seed = environment["WELLHEAD_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
        let end = ContinuousClock.now + .seconds(seconds * share)
        repeat {
            try body(seed)
            seed += 1
        } while ContinuousClock.now < end
    }
}
