import SourceModel

/// What the domain name system says of a service.
package struct ServiceAnswer: Sendable, Equatable {
    /// The servers, those of the lowest priority first.
    package var records: [ServiceRecord]
    /// The texts of the service's own name.
    package var texts: [String]

    package init(records: [ServiceRecord], texts: [String]) {
        self.records = records
        self.texts = texts
    }
}

extension Route {
    /// Stage `resolve`: the servers of a service. They are looked up here, also where the way to them leads through an
    /// SSH host, and must be within the service's own domain, so that a forged answer leads nowhere else.
    ///
    /// - Parameters:
    ///   - service: the service and its protocol, such as `_mongodb._tcp`.
    ///   - host: the name, whose first label is not part of the domain unless it has but two.
    /// - Throws: a failure of the stage `resolve`.
    package func servers(of service: String, at host: String) async throws(SourceFailure) -> ServiceAnswer {
        let name = "\(service).\(host)"
        let answer: ServiceAnswer
        do throws(ResolveFailure) {
            let records = try await directory.services(of: name)
            answer = ServiceAnswer(
                records: records.sorted { ($0.priority, $1.weight) < ($1.priority, $0.weight) },
                texts: try await directory.texts(of: host))
        } catch {
            throw ServiceFailures.failure(for: error, name: name)
        }
        let labels = host.lowercased().split(separator: ".")
        let domain = "." + (labels.count > 2 ? labels.dropFirst() : labels[...]).joined(separator: ".")
        if let stranger = answer.records.first(where: { !$0.target.lowercased().hasSuffix(domain) }) {
            throw SourceFailure(
                .resolve, .hostNotFound,
                "The SRV record of \(name) names \(stranger.target), which is of another domain.",
                hint: "Check host, and the domain's SRV records: their targets must end in \(domain).")
        }
        return answer
    }
}

/// What a failed look-up of a service means.
enum ServiceFailures {
    static func failure(for failure: ResolveFailure, name: String) -> SourceFailure {
        switch failure {
        case .notFound:
            SourceFailure(
                .resolve, .hostNotFound, "There is no SRV record \(name).",
                hint: "Check the spelling of host; if it is a server's own name set options.srv to false.")
        case .noAnswer, .busy, .cancelled:
            ResolveFailures.failure(for: failure, host: name, field: .host)
        }
    }
}
