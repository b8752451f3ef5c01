import NIOHTTP1
import Testbed
import Testing

@Suite("The schema of a data source")
struct SchemaTests {
    private func schema(_ service: WellheadService, _ source: JSON, _ query: String = "") async throws -> JSON {
        let answer = try await service.call("GET /datasources/\(source["id"].text ?? "")/schema\(query)")
        guard answer.status == 200 else { throw TestbedError("\(answer)") }
        #expect(answer.headers["X-Total-Count"].first.flatMap { Double($0) } == (try answer.json["total"].number))
        return try answer.json
    }

    @Test("PostgreSQL tells tables, views, columns, keys, indexes and comments, and only what the login may see")
    func postgres() async throws {
        let database = try await PostgresServer.start()
        let reader = PostgresServer.Logins.readOnly.username
        try await database.admin(
            """
            create schema "Sales Dept";
            create table "Sales Dept"."Order" (
                id bigint generated always as identity primary key, "Customer" int not null default 7,
                total numeric(10,2), tags text[], note varchar(20));
            comment on table "Sales Dept"."Order" is 'What was bought';
            comment on column "Sales Dept"."Order".total is 'In euro';
            create table "Sales Dept".line (
                order_id bigint, number smallint, primary key (number, order_id),
                constraint of_order foreign key (order_id) references "Sales Dept"."Order" (id));
            create unique index by_note on "Sales Dept"."Order" (lower(note), id);
            create view "Sales Dept".totals as select sum(total) as sum from "Sales Dept"."Order";
            create materialized view "Sales Dept".kept as select 1 as one;
            create table "Sales Dept".parted (day date) partition by range (day);
            create table "Sales Dept".part partition of "Sales Dept".parted for values from ('2024-01-01') to ('2025-01-01');
            create table "Sales Dept".hidden (a int);
            create table "Sales Dept".half (seen int, unseen int);
            grant usage on schema "Sales Dept" to \(reader);
            grant select on "Sales Dept"."Order", "Sales Dept".line, "Sales Dept".totals, "Sales Dept".kept,
                "Sales Dept".parted to \(reader);
            grant select (seen) on "Sales Dept".half to \(reader);
            create schema closed; create table closed.away (a int); grant select on closed.away to \(reader);
            """)
        let service = try await WellheadService.start()
        let source = try await service.create(Database.postgres(database).body(as: PostgresServer.Logins.readOnly))
        let page = try await schema(service, source, "?schema=Sales%20Dept")
        let tables = page["tables"].list
        #expect(tables.map { $0["name"].text } == ["Order", "half", "kept", "line", "parted", "totals"])
        #expect(
            tables.map { $0["kind"].text } == ["table", "table", "materialized_view", "table", "table", "view"])
        let order = tables[0]
        #expect(order["comment"].text == "What was bought")
        #expect(order["catalog"].text == "wellhead")
        #expect(order["primary_key"] == ["id"])
        let columns = order["columns"].list
        #expect(columns.map { $0["name"].text } == ["id", "Customer", "total", "tags", "note"])
        #expect(
            columns.map { $0["type"].text } == [
                "bigint", "integer", "numeric(10,2)", "text[]", "character varying(20)",
            ])
        #expect(columns.map { $0["json"].text } == ["string", "number", "string", "array", "string"])
        #expect(columns.map { $0["nullable"].flag } == [false, false, true, true, true])
        #expect(columns[1]["default"].text == "7")
        #expect(columns[2]["comment"].text == "In euro")
        let indexes = order["indexes"].list
        #expect(indexes.map { $0["name"].text } == ["Order_pkey", "by_note"])
        #expect(
            indexes[1]["columns"] == ["lower((note)::text)", "id"]
                || indexes[1]["columns"] == ["lower(note::text)", "id"])
        #expect(indexes[1]["unique"].flag == true)
        #expect(tables[1]["columns"].list.map { $0["name"].text } == ["seen"])
        #expect(tables[3]["primary_key"] == ["number", "order_id"])
        let key = tables[3]["foreign_keys"].list[0]
        #expect(key["name"].text == "of_order")
        #expect(key["references"] == ["schema": "Sales Dept", "table": "Order", "columns": ["id"]])

        // What is known is kept, until somebody wants it anew.
        try await database.admin("create table public.later (a int); grant select on public.later to public")
        #expect(try await schema(service, source, "?contains=LATER")["total"] == 0)
        #expect(try await schema(service, source, "?contains=LATER&refresh=true")["total"] == 1)
        #expect(try await schema(service, source, "?kind=view&schema=Sales%20Dept")["total"] == 1)
        #expect(try await schema(service, source, "?table=away")["total"] == 0)
        for wrong in ["?kind=chair", "?_limit=1001", "?tabel=x", "?refresh=maybe"] {
            #expect(try await service.call("GET /datasources/\(source["id"].text ?? "")/schema\(wrong)").status == 400)
        }
        #expect(await service.stop() == 0)
        await database.stop()
    }

    @Test("Ten thousand tables are paged through, each once", arguments: Database.Kind.here)
    func tenThousand(kind: Database.Kind) async throws {
        let database = try await kind.start()
        let admin: JSON
        switch database {
        case .postgres(let server):
            try await server.admin(
                """
                do $$ begin for i in 1..10000 loop
                    execute format('create table many_%s (a int primary key, b text)', i);
                    if i % 1000 = 0 then commit; end if;
                end loop; end $$; grant select on all tables in schema public to public
                """)
            admin = database.body
        case .mariaDB(let server):
            try await server.admin(Self.manyTables)
            admin = database.body(as: MariaDBServer.Logins.superuser)
        case .mySQL(let server):
            try await server.admin(Self.manyTables)
            admin = database.body(as: MySQLServer.Logins.superuser)
        }
        let service = try await WellheadService.start()
        let source = try await service.create(admin)
        var names: [String] = []
        for start in stride(from: 0, to: 10_000, by: 1000) {
            let page = try await schema(service, source, "?contains=many_&_limit=1000&_start=\(start)")
            #expect(page["total"] == 10_000)
            names += page["tables"].list.compactMap { $0["name"].text }
            #expect(page["tables"].list.allSatisfy { $0["columns"].list.count == 2 && $0["primary_key"] == ["a"] })
        }
        #expect(Set(names).count == 10_000)
        #expect(names.count == 10_000)
        #expect(await service.stop() == 0)
        await database.stop()
    }

    private static let manyTables = (1...10_000).map { "create table many_\($0) (a int primary key, b text);" }
        .joined(separator: "\n")
}
