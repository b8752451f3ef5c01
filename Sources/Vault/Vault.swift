import Crypto
import Foundation
import SourceModel

/// A record's secrets as they are stored: every field under the record's own data key, that key under the master key.
package struct SealedSecrets: Sendable, Equatable {
    /// The master key's id.
    package var keyID: String
    /// The data key, wrapped.
    package var wrappedKey: Data
    /// Nonce, ciphertext and tag of each field.
    package var fields: [Field: Data]

    /// The parts as they were stored.
    package init(keyID: String, wrappedKey: Data, fields: [Field: Data]) {
        self.keyID = keyID
        self.wrappedKey = wrappedKey
        self.fields = fields
    }
}

/// Seals and opens secrets with AES-256-GCM (NIST SP 800-38D).
///
/// A data key serves one record and is used for a few fields each time it is sealed: random nonces of 96 bits stay far
/// from the bound of 2^32 messages a key.
package struct Vault: Sendable {
    /// The key that every data key is wrapped with.
    package let masterKey: MasterKey

    /// A vault that seals and opens with this master key.
    package init(key: MasterKey) { masterKey = key }

    /// Seals a record's secrets under a new data key. The record's id and each field's name are authenticated, so that
    /// a sealed value opens in its own place only.
    package func seal(_ secrets: [Field: Secret], of id: RecordID) throws(VaultError) -> SealedSecrets {
        let dataKey = SymmetricKey(size: .bits256)
        var fields: [Field: Data] = [:]
        for (field, secret) in secrets {
            let bytes = secret.withUTF8 { Data($0) }
            fields[field] = try Self.encrypt(bytes, with: dataKey, bound: Self.binding(field, of: id))
        }
        return SealedSecrets(keyID: masterKey.id, wrappedKey: try wrap(dataKey, of: id), fields: fields)
    }

    /// Opens what `seal` gave.
    ///
    /// - Throws: `VaultError.anotherKey`, or `VaultError.damaged` that names the field.
    package func open(_ sealed: SealedSecrets, of id: RecordID) throws(VaultError) -> [Field: Secret] {
        let dataKey = try unwrap(sealed, of: id)
        var secrets: [Field: Secret] = [:]
        for (field, bytes) in sealed.fields {
            let plain = try Self.decrypt(
                bytes, with: dataKey, bound: Self.binding(field, of: id), what: field.rawValue)
            secrets[field] = Secret(String(decoding: plain, as: UTF8.self))
        }
        return secrets
    }

    /// The same secrets under another master key: only the data key is wrapped anew.
    package func rewrap(_ sealed: SealedSecrets, of id: RecordID, for next: Vault) throws(VaultError) -> SealedSecrets {
        let dataKey = try unwrap(sealed, of: id)
        return SealedSecrets(
            keyID: next.masterKey.id, wrappedKey: try next.wrap(dataKey, of: id), fields: sealed.fields)
    }

    // MARK: The data key

    private func wrap(_ dataKey: SymmetricKey, of id: RecordID) throws(VaultError) -> Data {
        let bytes = dataKey.withUnsafeBytes { Data($0) }
        return try Self.encrypt(bytes, with: masterKey.key, bound: Data("key \(id.text) \(masterKey.id)".utf8))
    }

    private func unwrap(_ sealed: SealedSecrets, of id: RecordID) throws(VaultError) -> SymmetricKey {
        guard sealed.keyID == masterKey.id else { throw .anotherKey(sealedWith: sealed.keyID) }
        let bytes = try Self.decrypt(
            sealed.wrappedKey, with: masterKey.key, bound: Data("key \(id.text) \(masterKey.id)".utf8),
            what: "the data key")
        return SymmetricKey(data: bytes)
    }

    // MARK: AES-GCM

    private static func binding(_ field: Field, of id: RecordID) -> Data {
        Data("field \(id.text) \(field.rawValue)".utf8)
    }

    private static func encrypt(_ plain: Data, with key: SymmetricKey, bound: Data) throws(VaultError) -> Data {
        do {
            // `combined` is absent only for nonces of another length than the default's.
            guard let combined = try AES.GCM.seal(plain, using: key, authenticating: bound).combined else {
                throw VaultError.damaged("the nonce")
            }
            return combined
        } catch let error as VaultError {
            throw error
        } catch {
            throw .damaged("the key")
        }
    }

    private static func decrypt(
        _ sealed: Data, with key: SymmetricKey, bound: Data, what: String
    ) throws(VaultError) -> Data {
        do {
            return try AES.GCM.open(AES.GCM.SealedBox(combined: sealed), using: key, authenticating: bound)
        } catch {
            throw .damaged(what)
        }
    }
}
