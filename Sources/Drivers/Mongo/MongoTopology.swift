import MongoWire
import SourceModel

/// Finds the member of a replica set that is to be read from (MongoDB's specification "Server Discovery and Monitoring",
/// as far as one connection needs it). Every member is dialled by the route, through the SSH host where there is one.
struct MongoTopology: Sendable {
    let driver: MongoDriver
    let source: DataSource

    /// The most members that are asked; a replica set has 50.
    static let maximumMembers = 64

    /// Whether members have to be asked: `host` alone is what it is.
    var isNeeded: Bool {
        source.endpoint != nil && (source.options.mongo.replicaSet != nil || !source.options.mongo.seeds.isEmpty)
    }

    /// The source at the member to read from; the source itself where nobody has to be asked.
    ///
    /// - Throws: what the first member failed with where none answers, `replica_set_mismatch`, `no_suitable_member`.
    func member() async throws(SourceFailure) -> DataSource {
        guard let endpoint = source.endpoint, isNeeded else { return source }
        let seeds = [endpoint] + source.options.mongo.seeds
        let outcome = await withTaskGroup(of: Event.self, returning: Survey.self) { group in
            var survey = Survey(
                name: source.options.mongo.replicaSet, preference: source.options.mongo.readPreference)
            var running = 0
            func ask(_ members: [Endpoint]) {
                for member in members where survey.isNew(member) {
                    running += 1
                    group.addTask { await greeted(member, from: endpoint) }
                }
            }
            ask(seeds)
            while running > 0, let event = await group.next() {
                switch event {
                case .answered(let member, let server):
                    running -= 1
                    ask(survey.note(member, server))
                case .failed(let failure):
                    running -= 1
                    survey.note(failure)
                case .graceOver: survey.isHurried = true
                case .patienceOver: running = 0
                }
                if survey.choice != nil { break }
                if survey.startsGrace { group.addTask { await waited(driver.grace, for: .graceOver) } }
                if survey.startsPatience { group.addTask { await waited(driver.patience, for: .patienceOver) } }
            }
            survey.isHurried = true
            group.cancelAll()
            return survey
        }
        if let choice = outcome.choice { return source.at(choice, named: endpoint.host) }
        throw outcome.failure(at: endpoint)
    }

    enum Event: Sendable {
        case answered(Endpoint, ServerDescription)
        case failed(SourceFailure)
        /// The second best has waited long enough.
        case graceOver
        /// Members that say nothing have been waited for long enough.
        case patienceOver
    }

    /// An event that comes after a time, or as soon as nobody waits for it any more.
    private func waited(_ duration: Duration, for event: Event) async -> Event {
        try? await Task.sleep(for: duration)
        return event
    }

    private func greeted(_ member: Endpoint, from endpoint: Endpoint) async -> Event {
        do throws(SourceFailure) {
            return .answered(member, try await driver.greet(source.at(member, named: endpoint.host)))
        } catch {
            return .failed(error)
        }
    }

    /// Reads `host:port` as members name each other.
    static func endpoint(_ text: String) -> Endpoint? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        let host = text[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
        return host.isEmpty ? nil : Endpoint(host: String(host), port: port)
    }
}

/// What is known of a deployment while its members are asked.
struct Survey: Sendable {
    /// The replica set; nil where any member that answers will do: the routers of a sharded cluster are all alike.
    let name: String?
    let preference: MongoOptions.ReadPreference
    /// Whether the second best is taken now.
    var isHurried = false
    private var asked: Set<Endpoint> = []
    private var liked: Endpoint?
    private var accepted: Endpoint?
    private var hasGrace = false
    private var hasPatience = false
    private var firstFailure: SourceFailure?
    private var otherNames: Set<String> = []
    private var hasMember = false

    init(name: String?, preference: MongoOptions.ReadPreference) {
        self.name = name
        self.preference = preference
    }

    /// Whether a member is to be asked: once, and not more of them than there may be.
    mutating func isNew(_ member: Endpoint) -> Bool {
        asked.count < MongoTopology.maximumMembers && asked.insert(member).inserted
    }

    /// The member to take; nil while a better one may come.
    var choice: Endpoint? { liked ?? (isHurried ? accepted : nil) }

    /// Whether the time begins that the second best waits; true once.
    var startsGrace: Bool {
        mutating get {
            guard accepted != nil, !hasGrace else { return false }
            hasGrace = true
            return true
        }
    }

    /// Whether the time begins that members which say nothing are waited for, as one of the set has answered; true once.
    var startsPatience: Bool {
        mutating get {
            guard hasMember, !hasPatience else { return false }
            hasPatience = true
            return true
        }
    }

    /// A member answered; gives the members that it knows.
    mutating func note(_ member: Endpoint, _ server: ServerDescription) -> [Endpoint] {
        guard let name else {
            liked = liked ?? member
            return []
        }
        guard server.setName == name else {
            otherNames.insert(server.setName ?? "")
            return []
        }
        hasMember = true
        switch (preference, server.kind) {
        case (.primary, .primary), (.primaryPreferred, .primary), (.secondary, .secondary),
            (.secondaryPreferred, .secondary), (.nearest, .primary), (.nearest, .secondary):
            liked = liked ?? member
        case (.primaryPreferred, .secondary), (.secondaryPreferred, .primary): accepted = accepted ?? member
        case (.primary, _), (.secondary, _), (.primaryPreferred, _), (.secondaryPreferred, _), (.nearest, _): break
        }
        return server.members.compactMap(MongoTopology.endpoint)
    }

    /// A member did not answer.
    mutating func note(_ failure: SourceFailure) { firstFailure = firstFailure ?? failure }

    /// Why there is nobody to read from.
    func failure(at endpoint: Endpoint) -> SourceFailure {
        let name = name ?? ""
        if hasMember {
            return SourceFailure(
                .login, .noSuitableMember,
                "The replica set \(name) has no member for the read preference \(preference.rawValue) now.",
                hint: "Try again in a moment, look at rs.status(), or set options.readPreference to another one.")
        }
        if let other = otherNames.sorted().last {
            return SourceFailure(
                .login, .replicaSetMismatch,
                other.isEmpty
                    ? "\(endpoint) is no member of a replica set."
                    : "\(endpoint) is of the replica set \(other), not \(name).",
                hint: other.isEmpty ? "Remove options.replicaSet." : "Set options.replicaSet to \(other).")
        }
        return firstFailure
            ?? SourceFailure(
                .login, .noSuitableMember, "No member of the replica set \(name) answered.",
                hint: "Check host and options.seeds.")
    }
}
