import Foundation
import SourceModel

/// Who may call: what the web asks about tokens and users. The registry answers.
package protocol Doorkeeper: Sendable {
    /// The name of the token's holder; nil for a token that is unknown, expired or revoked.
    func holder(ofToken token: Secret) async throws -> String?

    /// Checks a user's password, with the same work for a user who does not exist.
    ///
    /// - Returns: the user's name as it is stored; nil where user or password is wrong.
    func user(named name: String, password: Secret) async throws -> String?

    /// Since when the user's present password holds; nil where the user does not exist. What was signed before is void.
    func passwordDate(ofUser name: String) async throws -> Date?
}
