import Crypto
import Foundation
import Synchronization
import Testing

@testable import WebAPI

@Suite("Authentication")
struct AuthenticationTests {
    /// A clock that moves by hand.
    final class HandClock: Sendable {
        private let offset = Mutex(Duration.zero)
        private let start = ContinuousClock.now
        func advance(_ duration: Duration) { offset.withLock { $0 += duration } }
        var now: ContinuousClock.Instant { start + offset.withLock { $0 } }
        var date: Date {
            Date(timeIntervalSince1970: 1_700_000_000 + Double(offset.withLock { $0 }.components.seconds))
        }
    }

    @Test(
        "The scheme's case does not matter, anything else does",
        arguments: [
            ("Bearer abc", "abc"), ("bearer abc", "abc"), ("BEARER  abc", "abc"), ("Basic abc", nil), ("abc", nil),
            ("Bearer", nil), ("Bearer a b", nil), ("", nil),
            ("Bearer " + String(repeating: "a", count: 4097), nil),
        ] as [(String, String?)])
    func bearer(header: String, token: String?) {
        #expect(Authentication.bearerToken(in: header) == token)
    }

    @Test("A signed login holds until it expires, and for its key alone")
    func signedLogin() async throws {
        let clock = HandClock()
        let key = SymmetricKey(size: .bits256)
        let logins = await SignedLogin(key: key, lifetime: .seconds(60), now: { clock.date })
        let token = try await logins.token(for: "ada")
        #expect(await logins.login(in: token)?.user == "ada")
        let strangers = await SignedLogin(key: SymmetricKey(size: .bits256), now: { clock.date })
        #expect(await strangers.login(in: token) == nil)
        clock.advance(.seconds(60))
        #expect(await logins.login(in: token) == nil)
    }

    @Test("A signed login that was altered is refused, also one that names no algorithm")
    func altered() async throws {
        let logins = await SignedLogin(key: SymmetricKey(size: .bits256))
        let token = try await logins.token(for: "ada")
        let parts = token.split(separator: ".").map(String.init)
        let none = Data(#"{"alg":"none","typ":"JWT"}"#.utf8).base64EncodedString().filter { $0 != "=" }
        let other = Data(#"{"sub":"eve","iss":"wellhead","iat":1,"exp":99999999999}"#.utf8).base64EncodedString()
            .filter { $0 != "=" }
        for forged in [
            "\(none).\(parts[1]).", "\(none).\(other).", "\(parts[0]).\(other).\(parts[2])", "\(parts[0]).\(parts[1]).",
            "..", "a.b.c",
        ] {
            #expect(await logins.login(in: forged) == nil)
        }
    }

    @Test("The signing key depends on the master key and is not the master key")
    func derivedKey() {
        let master = SymmetricKey(data: Data(repeating: 7, count: 32))
        let derived = SignedLogin.key(from: master)
        #expect(derived == SignedLogin.key(from: master))
        #expect(derived != master)
        #expect(derived != SignedLogin.key(from: SymmetricKey(data: Data(repeating: 8, count: 32))))
    }

    @Test("Failures are counted per peer and forgotten with the window")
    func limiter() {
        let clock = HandClock()
        let limiter = FailureLimiter(allowed: 2, per: .seconds(60), now: { clock.now })
        #expect(limiter.wait(for: "a") == nil)
        limiter.failed("a")
        #expect(limiter.wait(for: "a") == nil)
        limiter.failed("a")
        #expect(limiter.wait(for: "a") == .seconds(60))
        #expect(limiter.wait(for: "b") == nil)
        clock.advance(.seconds(60))
        #expect(limiter.wait(for: "a") == nil)
    }

    @Test("The limiter's memory is bounded, whoever knocks")
    func bounded() {
        let limiter = FailureLimiter(allowed: 2, capacity: 10)
        for number in 0..<1_000 { limiter.failed("peer \(number)") }
        #expect(limiter.count == 10)
    }
}
