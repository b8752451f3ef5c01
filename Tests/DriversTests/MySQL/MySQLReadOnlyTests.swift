import Foundation
import MySQLWire
import SourceModel
import Testbed
import Testing

@testable import Drivers

/// All as a superuser: what keeps a statement from writing is how it is run, and not what the login may do.
@Suite("MySQL and MariaDB: read only by the database")
struct MySQLReadOnlyTests {
    /// Statements that would leave something behind, on a database of ``prepare(_:_:)``.
    static let attempts: [String] = [
        "insert into t values (9)", "insert into t values (9) returning a", "replace into t values (9) returning a",
        "insert into t select 1 from t", "update t set a = 2", "delete from t", "delete from t returning a",
        "replace into t values (9)", "truncate table t", "insert into m values (9)", "delete from m",
        "with c as (select 1 as a) delete from t where a in (select a from c)",
        "with c as (select 1 as a) update t set a = 5 where a in (select a from c)",
        "create table x (a int)", "create table x as select 1 as a", "create temporary table x (a int)",
        "drop table t", "alter table t add b int", "rename table t to u", "create index i on t (a)",
        "create view x as select 1 as a", "create database x", "drop database if exists x", "create user x",
        "grant select on *.* to chief", "create function x() returns int return 1",
        "create trigger x before insert on t for each row set @x = 1",
        "select a into outfile '/tmp/wellhead-outfile' from t", "select a from t into dumpfile '/tmp/wellhead-outfile'",
        "select a /*!50000 into outfile '/tmp/wellhead-outfile' */ from t", "select a into @u from t",
        "select a into @u from t union select 1", "set @u = 7", "set global max_connect_errors = 77",
        "set session transaction read write", "set session transaction_read_only = 0", "set autocommit = 1",
        "set session sql_mode = ''", "commit", "rollback", "begin", "start transaction read write", "savepoint s",
        "select 1; drop table t", "select 1;\ndrop table t; --", "/* select */ drop table t",
        "/*!50000 drop table t */", "/*!50000 insert into t values (9) */", "/*M!100000 insert into t values (9) */",
        "-- select\ninsert into t values (9)", "# select\ndelete from t",
        "select 1 from (select 1) q /*! ; */ /*! drop table t */", "prepare s from 'drop table t'", "execute s",
        "execute immediate 'drop table t'", "call writes()", "call reading()", "do writing(1)", "select writing(1)",
        "select * from t where writing(a)", "select * from writer", "table writer", "values row(writing(1))",
        "explain select writing(1)", "with c as (select writing(1)) select * from c",
        "select (select writing(1)) as a", "select /*!50000 writing(1), */ 1 as a", "select memorising(1)",
        "select /*+ set_var(transaction_read_only = 0) */ writing(1)",
        "set statement tx_read_only = 0 for select writing(1)", "set statement tx_read_only = 0 for delete from t",
        "set statement tx_read_only = 0 for analyze delete from t", "analyze delete from t",
        "analyze format=json update t set a = 2", "explain analyze delete from t", "select next value for s",
        "select setval(s, 500)", "select * from t for update", "lock tables t write", "unlock tables",
        "flush tables with read lock", "flush status", "load data infile '/tmp/x' into table t", "handler t open",
        "begin not atomic insert into t values (9); end", "optimize table t", "repair table m", "analyze table t",
        "check table t", "cache index m in default", "load index into cache m",
        "set statement tx_read_only = 0 for optimize table t", "set statement tx_read_only = 0 for repair table m",
        "analyze table t persistent for all", "install plugin x soname 'x'", "kill 1", "use mysql", "xa start 'x'",
        "signal sqlstate '45000'", "shutdown", "", ";", "\u{0}", "select",
    ]

    private static func prepare(_ database: String, _ server: MySQLBench) async throws {
        let function = { (name: String, body: String) in
            """
            create function \(name)(x int) returns int deterministic modifies sql data
            begin \(body); return x; end//
            """
        }
        try await server.admin(
            """
            use \(database); create table t (a int primary key); insert into t values (1);
            create table m (a int, key (a)) engine=myisam; insert into m values (1);
            \(server == .mariaDB ? "create sequence s;" : "")
            delimiter //
            create procedure writes() insert into t values (9)//
            create procedure reading() select 1 as a//
            \(function("writing", "insert into t values (x + 8)"))
            \(function("memorising", "insert into m values (x)"))
            \(function("locking", "set @u = x; set session sql_mode = ''; set session tx_isolation = 'SERIALIZABLE'")
                .replacing("tx_isolation", with: server == .mySQL ? "transaction_isolation" : "tx_isolation"))
            \(function("setting", "set global slow_launch_time = x"))
            create view writer as select writing(1) as a//
            delimiter ;
            """)
    }

    /// What a statement could have changed, as the server sees it.
    private static func state(of database: String, at server: MySQLBench) async throws -> [[String]] {
        let sequence = server == .mariaDB ? ", (select next_not_cached_value from \(database).s)" : ""
        return try await server.admin(
            """
            select (select group_concat(a) from \(database).t), (select group_concat(a) from \(database).m),
            @@global.max_connect_errors, (select count(*) from mysql.user where user in ('x', 'chief')),
            (select count(*) from information_schema.schemata where schema_name = 'x')\(sequence);
            select table_name from information_schema.tables where table_schema = '\(database)' order by 1;
            select routine_name from information_schema.routines where routine_schema = '\(database)' order by 1;
            select column_name, index_name from information_schema.statistics where table_schema = '\(database)'
            order by 1, 2;
            show grants for chief;
            """)
    }

    @Test("Nothing is written, and the next statement finds a clean session", arguments: MySQLBench.here)
    func attempts(server: MySQLBench) async throws {
        try await server.withDatabase { database in
            try await Self.prepare(database, server)
            let before = try await Self.state(of: database, at: server)
            let session = try await server.open(database: database)
            let clean = """
                select connection_id() as i, database() as d, @u as u, @@autocommit as c, (select count(*) from t) as n,
                @@sql_mode <> '' as m
                """
            let first = try await session.run(clean).text
            for attempt in Self.attempts {
                let failure = try await session.refusal(attempt)
                let codes: [FailureCode] = [.statementWithoutRows, .statementWrites, .statementRefused]
                #expect(failure.map { codes.contains($0.code) && $0.stage == .query } == true, "\(attempt)")
                #expect(try await session.run(clean).text == first, "\(attempt)")
                let after = try await Self.state(of: database, at: server)
                if after != before {
                    Issue.record("It wrote: \(attempt): \(before) is now \(after)")
                    break
                }
            }
            #expect(!FileManager.default.fileExists(atPath: "/tmp/wellhead-outfile"))
            await session.close()
        }
    }

    @Test("Refusals are told apart: writes, gives no rows, cannot be read", arguments: MySQLBench.here)
    func codes(server: MySQLBench) async throws {
        try await server.withDatabase { database in
            try await Self.prepare(database, server)
            let session = try await server.open(database: database)
            let writes = try await session.refusal("select writing(1)")
            #expect(writes?.code == .statementWrites)
            #expect(writes?.server?.code == "1792")
            let silent = try await session.refusal("set @u = ?", [.number("9")])
            #expect(silent?.code == .statementWithoutRows)
            #expect(silent?.server == nil)
            let broken = try await session.refusal("selec 1")
            #expect(broken?.code == .statementRefused)
            #expect(broken?.server?.code == "1064")
            #expect(broken?.server?.text.contains("selec 1") == true)
            #expect(broken?.message.contains("selec 1") == true)
            #expect(broken?.message.hasSuffix("(1064).") == true)
            #expect(try await session.refusal("select * from nowhere")?.server?.code == "1146")
            await session.close()
        }
    }

    @Test("Locks, variables and settings that a statement leaves are gone with it", arguments: MySQLBench.here)
    func leftovers(server: MySQLBench) async throws {
        try await server.withDatabase { database in
            try await Self.prepare(database, server)
            let session = try await server.open(database: database)
            let id = session.connection.connectionID
            let settings =
                "select @u as u, @@sql_mode as m, @@time_zone as z, @@\(server == .mySQL ? "transaction" : "tx")_isolation as i"
            let before = try await session.run(settings).text
            #expect(try await session.run("select get_lock('\(database)', 0) as l").text.contains("1"))
            #expect(try await server.admin("select is_free_lock('\(database)')") == [["1"]])
            _ = try await session.run("select @u := 5 as u")
            _ = try await session.run("select locking(7) as l")
            #expect(try await session.run(settings).text == before)
            #expect(before.contains("\"u\":null"))
            let transactions = "select count(*) from information_schema.innodb_trx where trx_mysql_thread_id = \(id)"
            #expect(try await server.admin(transactions) == [["0"]])
            #expect(session.connection.connectionID == id)
            await session.close()
        }
    }

    @Test("What the documents name: a superuser's function can set a global", arguments: MySQLBench.here)
    func global(server: MySQLBench) async throws {
        try await server.withDatabase { database in
            try await Self.prepare(database, server)
            let session = try await server.open(database: database)
            let before = try await server.admin("select @@global.slow_launch_time")
            _ = try await session.run("select setting(77) as s")
            #expect(try await server.admin("select @@global.slow_launch_time") == [["77"]])
            try await server.admin("set global slow_launch_time = \(before[0][0])")
            await session.close()
            // Who may set nothing cannot do it by a function either.
            try await server.admin("grant select, execute on \(database).* to \(server.reader.username)")
            try await server.admin("alter function \(database).setting sql security invoker")
            let reader = try await server.open(server.reader, database: database)
            #expect(try await reader.refusal("select setting(77) as s")?.server?.code == "1227")
            await reader.close()
        }
    }

    @Test("What of SHOW, DESCRIBE and EXPLAIN runs", arguments: MySQLBench.here)
    func described(server: MySQLBench) async throws {
        let session = try await server.open()
        let both = [
            "show databases", "show tables", "show full tables", "show table status", "show columns from orders",
            "show index from orders", "show variables", "show status", "show triggers", "show events",
            "show character set", "show collation", "describe orders", "explain orders", "select 1;",
        ]
        let mariaDB = [
            "explain select 1 as a", "explain format=json select 1 as a", "analyze select 1 as a",
            "show create table orders", "show grants", "checksum table orders",
        ]
        for statement in both {
            #expect(
                try await session.run(statement).text.isEmpty == ["show triggers", "show events"].contains(statement))
        }
        for statement in mariaDB {
            let failure = try await session.refusal(statement)
            switch server {
            case .mariaDB: #expect(failure == nil, "\(statement)")
            case .mySQL: #expect(failure != nil, "\(statement)")
            }
        }
        for statement in ["show processlist", "show warnings", "show engines"] {
            #expect(try await session.refusal(statement) != nil, "\(statement)")
        }
        await session.close()
    }
}
