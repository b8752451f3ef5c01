import SourceModel
import Testing

@testable import Route

@Suite("The destination policy")
struct DestinationPolicyTests {
    private func permitted(
        _ addresses: [String], of host: String = "db.test", _ policy: DestinationPolicy = DestinationPolicy(),
        as role: DestinationPolicy.Role = .dataSource
    ) -> [String]? {
        do {
            return try policy.permitted(addresses.compactMap { IPAddress($0) }, of: host, as: role)
                .map(\.description)
        } catch {
            #expect(error.code == .destinationForbidden)
            #expect(error.stage == .resolve)
            return nil
        }
    }

    @Test(
        "refuses special addresses by default, in every disguise",
        arguments: [
            "169.254.169.254", "169.254.1.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "240.0.0.1",
            "100.100.100.200", "192.0.0.192", "::", "fe80::1", "ff02::1", "fd00:ec2::254", "::ffff:169.254.169.254",
            "::169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::", "::ffff:0.0.0.0",
        ], DestinationPolicy.Role.allCases)
    func special(address: String, role: DestinationPolicy.Role) {
        #expect(permitted([address], as: role) == nil)
    }

    @Test(
        "allows everything else by default",
        arguments: [
            "127.0.0.1", "10.0.0.7", "192.168.1.1", "8.8.8.8", "::1", "fd00::7", "2001:db8::1", "::ffff:10.0.0.7",
        ])
    func ordinary(address: String) {
        #expect(permitted([address]) == [address])
    }

    @Test(
        "refuses the names of metadata services whatever they resolve to",
        arguments: ["metadata.google.internal", "METADATA.google.internal.", "metadata", "instance-data"])
    func metadataNames(name: String) {
        #expect(permitted(["10.0.0.7"], of: name) == nil)
    }

    @Test("keeps the allowed addresses of a name that also has forbidden ones")
    func partly() {
        #expect(permitted(["169.254.1.1", "10.0.0.7", "fe80::1"]) == ["10.0.0.7"])
    }

    @Test(
        "puts deny before allow, and an allow list excludes what it does not name",
        arguments: [
            (["10.0.0.0/8"], [], "db.test", ["10.0.0.7"], ["10.0.0.7"]),
            (["10.0.0.0/8"], [], "db.test", ["11.0.0.7"], nil),
            (["10.0.0.0/8"], ["10.1.0.0/16"], "db.test", ["10.1.0.7", "10.2.0.7"], ["10.2.0.7"]),
            (["10.0.0.0/8"], [], "db.test", ["::ffff:10.0.0.7"], ["::ffff:10.0.0.7"]),
            ([], ["10.0.0.0/8"], "db.test", ["::ffff:10.0.0.7"], nil),
            (["*.example.com"], [], "db.example.com", ["10.0.0.7"], ["10.0.0.7"]),
            (["*.example.com"], [], "example.com", ["10.0.0.7"], nil),
            (["*.example.com"], [], "notexample.com", ["10.0.0.7"], nil),
            (["db.example.com"], [], "DB.Example.com.", ["10.0.0.7"], ["10.0.0.7"]),
            (["*.example.com"], ["10.0.0.0/8"], "db.example.com", ["10.0.0.7"], nil),
            (["*.example.com"], ["db.example.com"], "db.example.com", ["10.0.0.7"], nil),
            (["169.254.0.0/16"], [], "db.test", ["169.254.169.254"], nil),
        ] as [([String], [String], String, [String], [String]?)])
    func lists(allow: [String], deny: [String], host: String, addresses: [String], expected: [String]?) throws {
        let rules = DestinationPolicy.Rules(
            allow: try allow.map { try DestinationPattern($0) }, deny: try deny.map { try DestinationPattern($0) })
        #expect(permitted(addresses, of: host, DestinationPolicy(dataSource: rules)) == expected)
        #expect(permitted(addresses, of: host, DestinationPolicy(sshHost: rules), as: .sshHost) == expected)
    }

    @Test("has separate lists for the SSH host and the data source")
    func roles() throws {
        let policy = DestinationPolicy(sshHost: .init(deny: [try DestinationPattern("10.0.0.7")]))
        #expect(permitted(["10.0.0.7"], policy, as: .dataSource) == ["10.0.0.7"])
        #expect(permitted(["10.0.0.7"], policy, as: .sshHost) == nil)
    }

    @Test(
        "judges a data source behind an SSH host by literal and by name",
        arguments: [
            ("db.internal", [], [], true), ("169.254.169.254", [], [], false), ("0xa9fea9fe", [], [], false),
            ("2852039166", [], [], false), ("::ffff:169.254.169.254", [], [], false),
            ("metadata.google.internal", [], [], false), ("db.internal", [], ["*.internal"], false),
            ("db.internal", ["*.internal"], [], true), ("db.other", ["*.internal"], [], false),
            ("db.internal", ["10.0.0.0/8"], [], false), ("10.0.0.7", ["10.0.0.0/8"], [], true),
            ("localhost", [], [], true),
        ] as [(String, [String], [String], Bool)])
    func behindSSH(host: String, allow: [String], deny: [String], allowed: Bool) throws {
        let policy = DestinationPolicy(
            dataSource: .init(
                allow: try allow.map { try DestinationPattern($0) }, deny: try deny.map { try DestinationPattern($0) }))
        if allowed {
            try policy.checkBehindSSH(host)
        } else {
            #expect(throws: SourceFailure.self) { try policy.checkBehindSSH(host) }
        }
    }

    @Test("says neither the rule nor what the name resolved to")
    func wording() throws {
        let error = #expect(throws: SourceFailure.self) {
            try DestinationPolicy().permitted([try #require(IPAddress("169.254.169.254"))], of: "x.test", as: .sshHost)
        }
        #expect(error?.message == "This service is not allowed to connect to x.test.")
        #expect(error?.hint.contains("sshHost") == true)
    }

    @Test("reads lists with blanks and empty entries")
    func parsing() throws {
        let list = try DestinationPattern.list(" 10.0.0.0/8, ,*.Example.com,fd00::/8,db.test ,::1")
        #expect(list.count == 5)
        #expect(list.contains(.subdomains(of: "example.com")))
        #expect(list.contains(.name("db.test")))
    }

    @Test(
        "refuses an entry that means nothing, and quotes it",
        arguments: ["10.0.0.0/33", "10.0.0.1/8", "a/8", "*", "*.", "a..b", "db.*.test", "::1::", "10.0.0.0/+8", "a b"])
    func invalid(entry: String) {
        let error = #expect(throws: DestinationPattern.Invalid.self) { try DestinationPattern.list("db.test,\(entry)") }
        #expect(error?.description.contains(entry) == true)
    }
}
