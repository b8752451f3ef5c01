import SourceModel
import Testbed
import Testing

@testable import Drivers

@Suite("MySQL and MariaDB: schema")
struct MySQLSchemaTests {
    private static let shop = """
        create table customer (
            id int unsigned auto_increment primary key, name varchar(80) not null default 'it''s' comment 'as on the door',
            born date, note text, joined datetime(3) not null default current_timestamp(3), extra json,
            balance decimal(12,2) not null default 0.50, level enum('a','b') default 'b', unique key by_name (name, born)
        ) comment 'who buys';
        create table `order ``2``` (
            customer int unsigned not null, number int not null, placed timestamp null, total decimal(10,2),
            doubled decimal(11,2) generated always as (total * 2) virtual,
            primary key (number, customer), key by_time (placed),
            constraint buyer foreign key (customer) references customer (id)
        );
        create table line (
            number int, customer int unsigned, text varchar(10) character set latin1,
            constraint of_order foreign key (number, customer) references `order ``2``` (number, customer)
        );
        insert into customer (name) values ('a'), ('b');
        create view rich as select id, name from customer where balance > 100;
        """

    @Test("Tables, views and what they are made of", arguments: MySQLBench.here)
    func shop(server: MySQLBench) async throws {
        try await server.withDatabase { database in
            try await server.admin("use \(database);\n\(Self.shop)\nanalyze table customer;")
            let session = try await server.open(database: database)
            let list = try await session.tables()
            #expect(list.tables.map(\.name) == ["customer", "line", "order `2`", "rich"])
            #expect(list.tables.map(\.kind) == [.table, .table, .table, .view])
            #expect(list.tables.allSatisfy { $0.schema == database && $0.catalog == nil })
            #expect(list.tables.map(\.comment) == ["who buys", nil, nil, nil])
            #expect(list.tables[0].rowEstimate == 2)
            #expect(list.tables[3].rowEstimate == nil)
            #expect(!list.isCut)
            let details = try await session.details(
                of: list.tables + [TableHeading(schema: database, name: "gone", kind: .table)])
            #expect(details.count == 5)
            #expect(details[4] == TableDetails())
            try Self.expectCustomer(details[0], server)
            #expect(
                details[1].foreignKeys == [
                    ForeignKey(
                        name: "of_order", columns: ["number", "customer"], referencedSchema: database,
                        referencedTable: "order `2`", referencedColumns: ["number", "customer"])
                ])
            #expect(details[2].primaryKey == ["number", "customer"])
            #expect(details[2].columns.map(\.name) == ["customer", "number", "placed", "total", "doubled"])
            #expect(details[2].columns.allSatisfy { $0.defaultValue == nil })
            #expect(details[2].indexes.map(\.name) == ["buyer", "by_time", "PRIMARY"])
            #expect(details[3].columns.map(\.name) == ["id", "name"])
            #expect(details[3].indexes.isEmpty)
            await session.close()
        }
    }

    private static func expectCustomer(_ customer: TableDetails, _ server: MySQLBench) throws {
        #expect(customer.columns.map(\.name) == ["id", "name", "born", "note", "joined", "extra", "balance", "level"])
        let integer = server == .mySQL ? "int unsigned" : "int(10) unsigned"
        #expect(
            customer.columns.map(\.type) == [
                integer, "varchar(80)", "date", "text", "datetime(3)", "json", "decimal(12,2)", "enum('a','b')",
            ])
        #expect(
            customer.columns.map(\.jsonType) == [
                .number, .string, .string, .string, .string, .any, .string, .string,
            ])
        #expect(customer.columns.map(\.isNullable) == [false, false, true, true, false, true, false, true])
        let now = server == .mySQL ? "CURRENT_TIMESTAMP(3)" : "current_timestamp(3)"
        #expect(customer.columns.map(\.defaultValue) == [nil, "'it''s'", nil, nil, now, nil, "0.50", "'b'"])
        #expect(customer.columns[1].comment == "as on the door")
        #expect(customer.columns[0].comment == nil)
        #expect(customer.primaryKey == ["id"])
        #expect(customer.foreignKeys.isEmpty)
        #expect(
            customer.indexes == [
                TableIndex(name: "by_name", columns: ["name", "born"], isUnique: true),
                TableIndex(name: "PRIMARY", columns: ["id"], isUnique: true),
            ])
    }

    @Test("What one flavour has and the other has not", arguments: MySQLBench.here)
    func further(server: MySQLBench) async throws {
        try await server.withDatabase { database in
            let sql =
                server == .mySQL
                ? "create table odd (a int, b json default (json_array()), key f ((a + 1)), key a (a))"
                : "create sequence seq; create table odd (a int) with system versioning"
            try await server.admin("use \(database); \(sql);")
            let session = try await server.open(database: database)
            let list = try await session.tables()
            #expect(list.tables.map(\.kind) == list.tables.map { _ in .table })
            #expect(list.tables.map(\.name) == (server == .mySQL ? ["odd"] : ["odd", "seq"]))
            let odd = try await session.details(of: list.tables)[0]
            if server == .mySQL {
                #expect(odd.columns[1].defaultValue == "json_array()")
                #expect(odd.indexes.map(\.columns) == [["a"], ["(`a` + 1)"]])
            } else {
                #expect(odd.columns.map(\.name) == ["a"])
            }
            await session.close()
        }
    }

    @Test("Without a database all that the login may see, and nothing of the server's own", arguments: MySQLBench.here)
    func visible(server: MySQLBench) async throws {
        try await server.withDatabase { database in
            try await server.admin("create table \(database).orders (other int)")
            let chief = try await server.open(database: nil)
            let all = try await chief.tables()
            let schemas = Set(all.tables.compactMap(\.schema))
            #expect(schemas.isSuperset(of: ["wellhead", database]))
            #expect(schemas.isDisjoint(with: ["mysql", "sys", "information_schema", "performance_schema"]))
            #expect(all.tables.map(\.schema) == all.tables.map(\.schema).sorted { ($0 ?? "") < ($1 ?? "") })
            let orders = all.tables.filter { $0.name == "orders" && ["wellhead", database].contains($0.schema) }
            let details = try await chief.details(of: orders)
            #expect(Set(details.map { $0.columns.map(\.name) }) == [["other"], ["id", "customer", "total", "placed"]])
            await chief.close()
            let reader = try await server.open(server.reader, database: nil)
            #expect(!(try await reader.tables()).tables.contains { $0.schema == database })
            await reader.close()
        }
    }

    @Test("Ten thousand tables, page by page", arguments: MySQLBench.here)
    func many(server: MySQLBench) async throws {
        // A server of its own: to throw it away is faster than to drop the tables.
        let own = try await server.kind.start()
        try await own.admin("create database many; \(server == .mariaDB ? "set global sync_frm = off;" : "")")
        try await own.admin("use many;\n" + (10_000..<20_000).map(Self.table).joined())
        let session = try await MySQLBench.open(own, server.superuser, database: "many")
        let list = try await session.tables()
        #expect(list.tables.count == 10_000)
        #expect(list.tables.last?.name == "t19999")
        for start in stride(from: 0, to: 10_000, by: 1000) {
            let details = try await session.details(of: Array(list.tables[start..<start + 1000]))
            #expect(details.count == 1000)
            #expect(details.allSatisfy { $0.columns.map(\.name) == ["id", "v"] && $0.primaryKey == ["id"] })
            #expect(details.allSatisfy { $0.indexes.count == 2 })
        }
        await session.close()
        await own.stop(.killed)
    }

    private static func table(_ number: Int) -> String {
        "create table t\(number) (id int primary key, v varchar(20), key (v)) engine=memory;\n"
    }
}
