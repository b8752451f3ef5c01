import Foundation
import SourceModel
import Testing

@testable import Vault

@Suite("Sealing")
struct VaultTests {
    private let vault = Vault(key: .make())
    private let id = RecordID("0197c3a0-0000-7000-8000-000000000001")
    private let secrets: [Field: Secret] = [
        .password: Secret("p@ss:w/rd \u{1F511} '\"\\"), .sshPassword: Secret(""), .keyfile: Secret("line\nline\n"),
    ]

    @Test("What was sealed opens to the same texts, the empty one too")
    func roundTrip() throws {
        #expect(try vault.open(vault.seal(secrets, of: id), of: id) == secrets)
    }

    @Test("Nothing of a secret stands in what was sealed")
    func opaque() throws {
        let sealed = try vault.seal([.password: Secret("MARKED-SECRET")], of: id)
        for bytes in Array(sealed.fields.values) + [sealed.wrappedKey] {
            #expect(bytes.range(of: Data("MARKED-SECRET".utf8)) == nil)
        }
    }

    @Test("The same secret is sealed differently each time")
    func fresh() throws {
        let first = try vault.seal(secrets, of: id), second = try vault.seal(secrets, of: id)
        #expect(first.wrappedKey != second.wrappedKey)
        #expect(first.fields[.password] != second.fields[.password])
    }

    @Test("Another master key opens nothing")
    func anotherKey() throws {
        let sealed = try vault.seal(secrets, of: id)
        #expect(throws: VaultError.anotherKey(sealedWith: vault.masterKey.id)) {
            try Vault(key: .make()).open(sealed, of: id)
        }
    }

    @Test("Another master key that claims the right id opens nothing either")
    func forgedKeyID() throws {
        var sealed = try vault.seal(secrets, of: id)
        let other = Vault(key: .make())
        sealed.keyID = other.masterKey.id
        #expect(throws: VaultError.damaged("the data key")) { try other.open(sealed, of: id) }
    }

    @Test("What was sealed for one record does not open for another")
    func anotherRecord() throws {
        let sealed = try vault.seal(secrets, of: id)
        #expect(throws: VaultError.damaged("the data key")) { try vault.open(sealed, of: RecordID("another")) }
    }

    @Test("A field does not open in another field's place")
    func anotherField() throws {
        var sealed = try vault.seal([.password: Secret("a"), .sshPassword: Secret("b")], of: id)
        let moved = sealed.fields[.password]
        sealed.fields[.password] = sealed.fields[.sshPassword]
        sealed.fields[.sshPassword] = moved
        #expect(throws: VaultError.self) { try vault.open(sealed, of: id) }
    }

    @Test("One changed bit anywhere is noticed, and so is a missing end")
    func damaged() throws {
        let sealed = try vault.seal([.password: Secret("secret")], of: id)
        let field = try #require(sealed.fields[.password])
        for index in field.indices {
            var spoilt = sealed
            spoilt.fields[.password]?[index] ^= 1
            #expect(throws: VaultError.damaged("password")) { try vault.open(spoilt, of: id) }
        }
        for index in sealed.wrappedKey.indices {
            var spoilt = sealed
            spoilt.wrappedKey[index] ^= 0x80
            #expect(throws: VaultError.damaged("the data key")) { try vault.open(spoilt, of: id) }
        }
        for length in 0..<field.count {
            var spoilt = sealed
            spoilt.fields[.password] = field.prefix(length)
            #expect(throws: VaultError.damaged("password")) { try vault.open(spoilt, of: id) }
        }
    }

    @Test("Wrapped anew, the fields stay as they are and open with the new key only")
    func rewrap() throws {
        let next = Vault(key: .make())
        let sealed = try vault.seal(secrets, of: id)
        let wrapped = try vault.rewrap(sealed, of: id, for: next)
        #expect(wrapped.fields == sealed.fields)
        #expect(try next.open(wrapped, of: id) == secrets)
        #expect(throws: VaultError.anotherKey(sealedWith: next.masterKey.id)) { try vault.open(wrapped, of: id) }
    }
}
