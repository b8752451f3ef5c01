import Foundation
import Registry
import SourceModel
import Testing
import Vault

@Suite("Tokens, users and the service's own secrets")
struct CallersTests {
    private let house = House()

    @Test("A token is listed and found until it is revoked; then its name is free")
    func tokens() async throws {
        let registry = try house.open()
        let digest = APIToken.digest(of: APIToken.make()), other = APIToken.digest(of: APIToken.make())
        let expiry = Sample.day.addingTimeInterval(86_400)
        try await registry.createToken(name: "b", digest: digest, by: "ada", at: Sample.day, expiresAt: expiry)
        try await registry.createToken(name: "a", digest: other, by: "ada", at: Sample.day)
        let expected = TokenEntry(name: "b", createdAt: Sample.day, createdBy: "ada", expiresAt: expiry)
        #expect(try await registry.tokens().map(\.name) == ["a", "b"])
        #expect(try await registry.token(digest: digest) == expected)
        #expect(!expected.isExpired(at: Sample.day))
        #expect(expected.isExpired(at: expiry))
        await #expect(throws: RegistryError.nameTaken("b")) {
            try await registry.createToken(name: "b", digest: Data([1]), by: "ada", at: Sample.day)
        }
        #expect(try await registry.revokeToken(name: "b", at: Sample.day))
        #expect(try await !registry.revokeToken(name: "b", at: Sample.day))
        #expect(try await registry.token(digest: digest) == nil)
        #expect(try await registry.tokens().map(\.name) == ["a"])
        try await registry.createToken(name: "b", digest: Data([2]), by: "ada", at: Sample.day)
        #expect(try await registry.token(digest: digest) == nil)
        try registry.close()
        #expect(try await house.open().tokens().map(\.name) == ["a", "b"])
    }

    @Test("A revocation by another process holds at once")
    func revokedElsewhere() async throws {
        let service = try house.open(), command = try house.open()
        let digest = APIToken.digest(of: APIToken.make())
        try await command.createToken(name: "a", digest: digest, by: "ada", at: Sample.day)
        #expect(try await service.token(digest: digest) != nil)
        try await command.revokeToken(name: "a", at: Sample.day)
        #expect(try await service.token(digest: digest) == nil)
    }

    @Test("A user is added once, gets another password, and is removed")
    func users() async throws {
        let registry = try house.open()
        let first = try PasswordHash(Secret("first")), second = try PasswordHash(Secret("second"))
        let later = Sample.day.addingTimeInterval(60)
        try await registry.addUser("ada", passwordHash: first, at: Sample.day)
        await #expect(throws: RegistryError.nameTaken("ada")) {
            try await registry.addUser("ada", passwordHash: second, at: Sample.day)
        }
        #expect(try await registry.user(named: "ada")?.passwordHash == first)
        #expect(try await registry.user(named: "Ada") == nil)
        #expect(try await registry.setPassword(second, of: "ada", at: later))
        #expect(try await !registry.setPassword(second, of: "grace", at: later))
        let ada = try #require(try await registry.user(named: "ada"))
        #expect(ada.passwordHash == second)
        #expect(ada.passwordDate == later)
        #expect(ada.createdAt == Sample.day)
        #expect(try house.files(with: first.text).isEmpty)
        #expect(try await registry.users() == [ada])
        #expect(try await registry.removeUser("ada"))
        #expect(try await !registry.removeUser("ada"))
        #expect(try await registry.users().isEmpty)
        #expect(try house.files(with: second.text).isEmpty)
    }

    @Test("A secret of the service is made once, whoever comes first, and is sealed")
    func secrets() async throws {
        let registries = [try house.open(), try house.open()]
        #expect(try await registries[0].secret(named: "login") == nil)
        let secrets = try await withThrowingTaskGroup(of: Secret.self) { group in
            for number in 0..<8 {
                group.addTask {
                    try await registries[number % 2].makeSecret(named: "login") { Secret("MARK-service-\(number)") }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(secrets.map { $0.reveal() }).count == 1)
        #expect(try await registries[1].secret(named: "login") == secrets[0])
        #expect(try house.files(with: "MARK-service").isEmpty)
    }
}
