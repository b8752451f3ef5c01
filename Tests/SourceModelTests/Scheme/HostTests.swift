import SourceModel
import Testing

@Suite("A host is read as people paste it")
struct HostTests {
    @Test(
        "names and addresses",
        arguments: [
            ("db.example.com", "db.example.com"), (" db ", "db"), ("db_1.example.com.", "db_1.example.com."),
            ("10.0.0.7", "10.0.0.7"), ("::1", "::1"), ("[::1]", "::1"), (" [2001:DB8::7]\n", "2001:db8::7"),
            ("::ffff:10.0.0.7", "::ffff:10.0.0.7"), ("localhost", "localhost"),
        ])
    func good(_ sent: String, _ read: String) throws {
        let draft = Sample.draft([.host: .text(sent)])
        #expect(try draft.validated().endpoint?.host == read)
        #expect(draft.normalised().text(.host) == read)
    }

    static let refused: [(sent: String, says: String, hint: String)] = [
        ("postgres://reader:hunter2@db/shop", "begins with postgres://", "Put only the server's name"),
        ("hunter2@db", "contains @", "to a name or an IP address only"), ("db/shop", "contains a slash", "name"),
        ("db:5432", "holds a port as well", "Put db into host and 5432 into port."),
        ("[::1]:5432", "holds a port as well", "Put ::1 into host and 5432 into port."),
        ("db:x", "neither a name", "name"), ("a b", "contains a blank", "name"), ("a,b", "contains \",\"", "name"),
        ("a..b", "an empty part", "name"), (".", "an empty part", "name"), ("10.0.0.256", "not an IPv4", "name"),
        ("127.1", "not an IPv4", "name"), ("bücher.example", "letters outside of ASCII", "xn--"),
        ("[db]", "not an IPv6 address in brackets", "name"), ("1:2:3", "not an IPv6 address", "name"),
        ("[::1", "not an IPv6 address in brackets", "name"),
        (String(repeating: "a", count: 64), "longer than 63", "name"),
    ]

    @Test("and what is neither", arguments: refused)
    func bad(_ sent: String, _ says: String, _ hint: String) throws {
        let failure = try #require(throws: SourceFailure.self) { try Sample.draft([.host: .text(sent)]).validated() }
        #expect(failure.code == .invalidField)
        #expect(failure.fields.map(\.field) == ["host"])
        #expect(failure.message.contains(says), "\(failure.message)")
        #expect(failure.hint.contains(hint), "\(failure.hint)")
        #expect(!"\(failure.message) \(failure.hint)".contains("hunter2"))
    }
}
