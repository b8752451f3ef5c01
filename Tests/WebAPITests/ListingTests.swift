import SourceModel
import Testing

@testable import WebAPI

@Suite("Lists")
struct ListingTests {
    static func row(
        _ id: String, name: String, driver: String, host: String?, port: String?, ssl: Bool, created: String
    ) -> AnswerNode {
        .object([
            .init("id", .text(id)), .init("name", .text(name)), .init("driver", .text(driver)),
            .init("host", .text(orNull: host)), .init("port", .text(orNull: port)), .init("ssl", .flag(ssl)),
            .init("created_at", .text(created)),
        ])
    }

    static let rows = [
        row(
            "a", name: "Orders", driver: "postgres", host: "db1", port: "5432", ssl: true,
            created: "2026-01-01T00:00:00.000Z"),
        row(
            "b", name: "orders-old", driver: "mysql", host: "db2", port: "999", ssl: false,
            created: "2026-02-01T10:00:00.500Z"),
        row("c", name: "Zebra", driver: "csv", host: nil, port: nil, ssl: false, created: "2026-03-01T00:00:00.000Z"),
        row(
            "d", name: "alpha", driver: "mysql", host: "DB1.example", port: "10000", ssl: true,
            created: "2026-04-01T00:00:00.000Z"),
    ]

    static func shown(_ text: String) throws -> String {
        let query = try RecordQuery(try FormReader.pairs(in: Array(text.utf8)), columns: Column.records)
        return query.page(of: query.matching(rows)).compactMap { row in
            if case .text(let id)? = row["id"] { id } else { nil }
        }.joined()
    }

    @Test(
        "Filters, order and pages show the rows that they should",
        arguments: [
            ("", "abcd"), ("driver=mysql", "bd"), ("driver=postgresql", "a"), ("driver=mysql&driver=csv", "bcd"),
            ("driver_ne=mysql", "ac"), ("host_ne=db1", "bcd"), ("port=5432", "a"), ("port_lt=5432", "b"),
            ("port_lte=5432", "ab"), ("port_gt=999", "ad"), ("port_gte=999", "abd"), ("name_contains=ORDER", "ab"),
            ("name_containss=Order", "a"), ("name_contains=", "abcd"), ("port_contains=99", "b"),
            ("driver_in=mysql,csv", "bcd"), ("driver_in=mysql&driver_in=csv", "bcd"), ("driver_nin=mysql,csv", "a"),
            ("host_null=true", "c"), ("host_null=0", "abd"), ("ssl=true", "ad"), ("ssl=0", "bc"),
            ("created_at_gt=2026-02-01", "bcd"), ("created_at_gte=2026-02-01T10:00:00.500Z", "bcd"),
            ("created_at_lt=2026-02-01T12:00:00%2B02:00", "a"), ("driver=mysql&ssl=true", "d"),
            ("_sort=name", "acdb"), ("_sort=port:ASC", "badc"),
            ("_sort=port:desc", "dabc"), ("_sort=driver:DESC,port:ASC", "abdc"), ("_sort=ssl:DESC,name:ASC", "adcb"),
            ("_start=1&_limit=2", "bc"), ("_limit=0", ""), ("_start=9", ""), ("_deleted=false", "abcd"),
        ])
    func lists(query: String, ids: String) throws {
        #expect(try Self.shown(query) == ids)
    }

    @Test(
        "Secrets, PEM texts, unknown fields and values that do not fit are refused",
        arguments: [
            "password=x", "password_null=true", "keyfile_contains=a", "sshIdentity_ne=b", "sshPassword=c",
            "certificate=x", "sslCA_null=false", "sslCertificate=x", "_sort=password", "_sort=sslCA:DESC", "options=1",
            "colour=red", "hots=db1", "_sort=hots", "_sort=name:UP", "_limit=1001", "_limit=-1", "_limit=x",
            "_start=-1", "port=abc", "ssl=perhaps", "created_at_gt=yesterday", "host_null=maybe", "name_like=x",
            "_offset=1",
        ])
    func refused(query: String) {
        #expect(throws: SourceFailure.self) { try Self.shown(query) }
    }

    @Test("An unknown field is told with the nearest one", arguments: [("hots=db1", "host"), ("_limt=3", "_limit")])
    func nearest(query: String, name: String) throws {
        let failure = try #require(throws: SourceFailure.self) { try Self.shown(query) }
        #expect(failure.code == .unknownField)
        #expect(failure.hint == "Did you mean \(name)?")
    }

    @Test("Every field of a record is either a column or refused by name")
    func columns() {
        for field in Field.allCases {
            let isColumn = Column.records.contains { $0.name == field.rawValue }
            switch field.kind {
            case .text, .port, .flag: #expect(isColumn)
            case .pem, .secret, .options: #expect(!isColumn)
            }
        }
    }
}
