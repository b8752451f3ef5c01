import SourceModel

/// Words the failure of a look-up.
package enum ResolveFailures {
    /// - Parameter field: the record's field that has the name.
    package static func failure(for failure: ResolveFailure, host: String, field: Field) -> SourceFailure {
        switch failure {
        case .notFound:
            SourceFailure(
                .resolve, .hostNotFound, "There is no host \(host).", hint: "Check the spelling of \(field.rawValue).")
        case .noAnswer:
            SourceFailure(
                .resolve, .hostNotFound, "No address of \(host) can be found: the name service gave no answer.",
                hint: "Check the spelling of \(field.rawValue), and that this service's name servers can be reached.")
        case .busy:
            SourceFailure(
                .resolve, .resolveTimeout, "\(host) was not looked up: too many look-ups wait for an answer.",
                hint: "Try again later, and check that this service's name servers answer.")
        case .cancelled:
            SourceFailure(
                .resolve, .resolveTimeout, "The name service did not answer in time for \(host).",
                hint: "Check \(field.rawValue), and that this service's name servers can be reached.")
        }
    }
}
