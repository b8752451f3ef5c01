import Testbed
import Testing

/// Nothing is written, by a login that may do everything.
@Suite("Statements cannot write: PostgreSQL")
struct PostgresReadOnlyTests {
    /// Statements that would write, and the code that each is refused with.
    static let attempts: [(sql: String, code: String)] = [
        ("insert into orders values (9001)", "statement_without_rows"),
        ("insert into orders values (9001) returning id", "statement_writes"),
        ("update orders set total = 0 returning id", "statement_writes"),
        ("delete from orders returning id", "statement_writes"),
        ("with gone as (delete from orders returning id) select * from gone", "statement_writes"),
        ("with made as (insert into orders values (9001) returning id) select * from made", "statement_writes"),
        ("select * into stolen from orders", "statement_without_rows"),
        ("create table stolen as select * from orders", "statement_without_rows"),
        ("create temp table stolen (a int)", "statement_without_rows"), ("drop table orders", "statement_without_rows"),
        ("truncate orders", "statement_without_rows"),
        ("copy orders to program 'touch \(mark)'", "statement_without_rows"),
        ("copy orders to '\(mark)'", "statement_without_rows"), ("copy orders from stdin", "statement_without_rows"),
        ("commit", "statement_without_rows"), ("rollback", "statement_without_rows"),
        ("begin read write", "statement_without_rows"), ("set transaction read write", "statement_without_rows"),
        ("set session characteristics as transaction read write", "statement_without_rows"),
        ("set default_transaction_read_only = off", "statement_without_rows"),
        ("select set_config('transaction_read_only', 'off', false)", "statement_refused"),
        ("do $$ begin insert into orders values (9001); end $$", "statement_without_rows"),
        ("call write_it()", "statement_without_rows"), ("select write_it_in_a_function()", "statement_writes"),
        ("select nextval('counter')", "statement_writes"), ("select lo_from_bytea(4711, 'x')", "rolled back"),
        ("prepare p as insert into orders values (9001)", "statement_without_rows"),
        ("explain analyze insert into orders values (9001)", "statement_writes"),
        ("select 1; insert into orders values (9001)", "statement_refused"),
        ("select 1 /* ; */ ; drop table orders --", "statement_refused"),
        ("lock table orders", "statement_without_rows"),
        ("listen x", "statement_without_rows"), ("notify x", "statement_without_rows"),
        ("vacuum orders", "statement_without_rows"), ("alter system set work_mem = '1MB'", "statement_without_rows"),
        ("grant all on orders to public", "statement_without_rows"),
        ("refresh materialized view sums", "statement_without_rows"),
        ("", "missing_field"), ("-- nothing", "statement_without_rows"),
    ]

    private static let mark = "/tmp/wellhead-was-here"

    @Test("Whatever is tried, the database is as it was, and the next statement finds a clean session")
    func attempts() async throws {
        let database = try await PostgresServer.start()
        try await database.admin(
            """
            create sequence counter; create materialized view sums as select sum(total) from orders;
            create procedure write_it() language sql as 'insert into orders values (9001)';
            create function write_it_in_a_function() returns int language plpgsql as
                $$ begin insert into orders values (9001); return 1; end $$;
            """)
        let service = try await WellheadService.start()
        let body = Database.postgres(database).body(as: PostgresServer.Logins.superuser)
        let source = try await service.create(body.with(["options": ["poolMax": 1]]))
        let proof = """
            select (select count(*) || ' ' || sum(total) from orders), (select count(*) from pg_class where relname = \
            'stolen'), (select last_value || ' ' || is_called from counter), \
            (select count(*) from pg_largeobject_metadata), current_setting('default_transaction_read_only')
            """
        let before = try await database.admin(proof)
        let backends = try await service.rows(source, "select pg_backend_pid()")
        for attempt in Self.attempts {
            let answer = try await service.query(source, ["statement": .text(attempt.sql)])
            if attempt.code == "rolled back" {
                #expect(answer.status == 200, "\(attempt.sql)")
            } else {
                #expect(answer.status == (attempt.code == "missing_field" ? 400 : 422), "\(attempt.sql): \(answer)")
                #expect(try answer.json["error"]["code"].text == attempt.code, "\(attempt.sql): \(answer)")
            }
            #expect(try await database.admin(proof) == before, "\(attempt.sql)")
        }
        #expect(try await Command.run(["test", "-e", Self.mark]).status != 0)
        // All of it went over one session, which is as after its login.
        #expect(try await service.rows(source, "select pg_backend_pid()") == backends)
        #expect(await service.stop() == 0)
        await database.stop()
    }

    @Test("Locks, settings, prepared statements and temporary tables of one statement do not reach the next")
    func leftovers() async throws {
        let database = try await Database.Kind.postgres.shared()
        let service = try await WellheadService.start()
        let source = try await service.create(
            database.body(as: PostgresServer.Logins.superuser).with(["options": ["poolMax": 1]]))
        #expect(try await service.rows(source, "select pg_advisory_lock(4711) is null").count == 1)
        #expect(
            try await service.rows(source, "select set_config('application_name', 'mine', false)") == [["mine"]])
        #expect(
            try await service.rows(
                source, "select count(*)::int from pg_locks where locktype = 'advisory' and objid = 4711") == [[0]])
        #expect(try await service.rows(source, "show application_name") == [["wellhead"]])
        #expect(try await service.rows(source, "select count(*)::int from pg_prepared_statements") == [[1]])
        #expect(try await service.rows(source, "show timezone") == [["UTC"]])
        #expect(await service.stop() == 0)
    }
}
