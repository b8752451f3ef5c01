import Testbed

extension Fault {
    private static func postgres(host: String = "127.0.0.1", port: Int) -> JSON {
        ["driver": "postgres", "host": .text(host), "port": "\(port)", "username": "ann", "database": "shop"]
    }

    /// Between here and the first host: names, addresses, ports.
    static let ofTheWay: [Fault] = [
        Fault(
            "a host without address", "resolve", "host_not_found", body: { _ in postgres(host: "db.invalid", port: 1) }),
        Fault(
            "a bastion without address", "resolve", "host_not_found",
            body: { try $0.behindBastion(["sshHost": "bastion.invalid"]) }),
        Fault(
            "the cloud's metadata service", "resolve", "destination_forbidden",
            body: { _ in postgres(host: "169.254.169.254", port: 80) }),
        Fault(
            "a link-local bastion", "resolve", "destination_forbidden",
            body: { try $0.behindBastion(["sshHost": "169.254.3.4"]) }),
        Fault(
            "the cloud's metadata service behind a bastion", "resolve", "destination_forbidden",
            body: { try $0.behindBastion(["host": "169.254.169.254", "port": "80"]) }),
        Fault("a closed port", "dial", "connection_refused", body: { _ in postgres(port: try FreePort.next()) }),
        Fault(
            "a bastion's closed port", "dial", "connection_refused",
            body: { try $0.behindBastion(["sshPort": "\(try FreePort.next())"]) }),
        Fault("an address without a route", "dial", "host_unreachable") { _ in
            // An address for documentation (RFC 5737): nobody else on this machine misses it.
            let address = "198.51.100.77"
            let route = ["ip", "route", "replace", "unreachable", "\(address)/32"]
            guard try await Command.run(route).status == 0 else {
                throw Unavailable("this machine lets nobody change its routes")
            }
            return Scene(
                body: postgres(host: address, port: 5432),
                end: { try await Command.check(["ip", "route", "del", "unreachable", "\(address)/32"]) })
        },
        Fault("a peer that resets", "dial", "connection_reset") { _ in
            let peer = try await FaultyServer.start(.reset)
            return Scene(
                body: postgres(port: peer.port), guests: { peer.connections }, end: { await peer.stop() })
        },
        Fault("a port that swallows all", "dial", "dial_timeout", timeout: 2) { _ in
            let hole = try BlackHole()
            return Scene(body: postgres(port: hole.port), end: { withExtendedLifetime(hole) {} })
        },
        Fault("a bastion's port that swallows all", "dial", "dial_timeout", timeout: 2) { ground in
            let hole = try BlackHole()
            return Scene(
                body: try ground.behindBastion(["sshPort": "\(hole.port)"]), end: { withExtendedLifetime(hole) {} })
        },
    ]
}
