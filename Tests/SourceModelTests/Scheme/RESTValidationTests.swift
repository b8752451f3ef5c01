import SourceModel
import Testing

@Suite("What an HTTP API needs")
struct RESTValidationTests {
    private func validated(_ values: [Field: FieldValue]) throws -> DataSource {
        let least: [Field: FieldValue] = [.driver: .text("rest"), .host: .text("api.test")]
        return try DataSourceDraft(values: least.merging(values) { $1 }).validated()
    }

    @Test("A host is enough; the port follows from ssl", arguments: [(false, 80), (true, 443)])
    func least(ssl: Bool, port: Int) throws {
        #expect(try validated([.ssl: .flag(ssl)]).endpoint == Endpoint(host: "api.test", port: port))
        let draft = DataSourceDraft(values: [.driver: .text("rest"), .host: .text("api.test"), .ssl: .flag(ssl)])
        #expect(draft.normalised().text(.port) == String(port))
    }

    static let refused: [(values: [Field: FieldValue], field: String)] = [
        ([.database: .text("https://x.test/")], "database"), ([.database: .text("/a?b")], "database"),
        ([.database: .text("/a/../b")], "database"), ([.database: .text("/a/%2e%2E/b")], "database"),
        ([.database: .text("//x.test")], "database"), ([.database: .text("/a b")], "database"),
        ([.database: .text("/ü")], "database"), ([.username: .text("a:b")], "username"),
        ([.password: .secret(Secret("a b"))], "password"), ([.password: .secret(Secret("a\n"))], "password"),
        ([.password: .secret(Secret("ü"))], "password"),
        ([.options: .options(["authHeader": .text("X-Key")])], "password"),
        ([.options: .options(["authHeader": .text("X Key")]), .password: .secret(Secret("a"))], "options.authHeader"),
        ([.options: .options(["authHeader": .text("Host")]), .password: .secret(Secret("a"))], "options.authHeader"),
        ([.options: .options(["authHeader": .text("X-Key")]), .password: .secret(Secret("a\r\nb"))], "password"),
        (
            [
                .options: .options(["authHeader": .text("X-Key")]), .password: .secret(Secret("a")),
                .username: .text("b"),
            ], "username"
        ),
        ([.options: .options(["pagination": .text("cursor")])], "options.next"),
        ([.options: .options(["pagination": .text("pages")])], "options.pagination"),
        ([.options: .options(["maxPages": .number(0)])], "options.maxPages"),
    ]

    @Test("What could be read as something else is refused, and no secret is said", arguments: refused.indices)
    func bad(index: Int) throws {
        let (values, field) = Self.refused[index]
        let failure = try #require(throws: SourceFailure.self) { try validated(values) }
        #expect(failure.fields.map(\.field) == [field], "\(failure.message)")
        if case .secret(let secret)? = values[.password], secret.reveal().count > 1 {
            #expect(!failure.message.contains(secret.reveal()))
        }
    }

    @Test("Any password goes by Basic, and any visible one as a token")
    func good() throws {
        _ = try validated([.username: .text("ü@x"), .password: .secret(Secret("a b\n:ü"))])
        _ = try validated([.password: .secret(Secret("eyJ.abc-_~+/=="))])
        let options = try validated([
            .options: .options(["authHeader": .text("authorization"), "rows": .text("/items")])
        ]).options.rest
        #expect(options.authHeader == nil)
        #expect(options.rows == "/items")
    }
}
