import Route
import SourceModel

/// What a service name's records say of a deployment (MongoDB's specification "Initial DNS Seedlist Discovery").
enum MongoService {
    /// The source with the members as seeds, and the options of the TXT record where the record has none of its own.
    ///
    /// - Throws: a failure of the stage `resolve` where the TXT record is not what it may be.
    static func apply(_ answer: ServiceAnswer, to source: DataSource) throws(SourceFailure) -> DataSource {
        let members = answer.records.map { Endpoint(host: $0.target, port: Int($0.port)) }
        guard let first = members.first, let name = source.endpoint?.host else { return source }
        var source = source
        var options = source.options.mongo
        guard answer.texts.count <= 1 else { throw unreadable(name, "there are \(answer.texts.count) of them") }
        for pair in (answer.texts.first ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw unreadable(name, "it has \(String(pair.prefix(64)))") }
            switch parts[0] {
            case "authSource": options.authSource = options.authSource ?? parts[1]
            case "replicaSet": options.replicaSet = options.replicaSet ?? parts[1]
            case "loadBalanced" where parts[1] == "false": break
            default: throw unreadable(name, "it has the option \(parts[0].prefix(64))")
            }
        }
        options.seeds = Array(members.dropFirst())
        source.options.mongo = options
        return source.at(first, named: name)
    }

    private static func unreadable(_ name: String, _ what: String) -> SourceFailure {
        SourceFailure(
            .resolve, .hostNotFound, "The TXT record of \(name) is not what MongoDB's may be: \(what).",
            hint: "Set options.srv to false, host to a member, and options.seeds to the others.")
    }
}

extension DataSource {
    /// The same source at another member, whose certificate has to be for its own name, unless `sslServerName` says
    /// another one.
    ///
    /// - Parameter host: the name that was expected so far.
    func at(_ member: Endpoint, named host: String) -> DataSource {
        var source = self
        source.endpoint = member
        func renamed(_ trust: ServerTrust) -> ServerTrust {
            guard trust.serverName == host else { return trust }
            return ServerTrust(mode: trust.mode, anchors: trust.anchors, serverName: member.host)
        }
        switch scheme.encryption {
        case .plain: break
        case .tls(let trust): source.scheme = scheme.with(.tls(renamed(trust)))
        case .mutualTLS(let trust, let identity): source.scheme = scheme.with(.mutualTLS(renamed(trust), identity))
        }
        return source
    }
}
