import Foundation
import NIOCore
import Results
import SourceModel
import Testbed
import Testing

@testable import Drivers

@Suite("The driver at the stand-in for SQL Server")
struct SQLServerStandInTests {
    typealias Logins = SQLServerStandIn.Logins

    private static let authority: [String: JSON] = [
        "ssl": true, "sslCA": .text(Certificates.shared.authorityPEM), "sslServerName": "db.test",
    ]

    private func ask(
        _ session: any Session, _ text: String, _ parameters: [StatementParameter] = [], rowLimit: Int = 1000
    ) async throws -> String {
        do {
            let rows = try await session.query(Statement(text, parameters: parameters, rowLimit: rowLimit))
            var encoder = RowEncoder(format: .ndjson, columns: rows.columns)
            encoder.begin()
            while try await rows.encodeNext(into: &encoder) {}
            encoder.end(.zero)
            let result = encoder.take()
            await session.endQuery()
            return String(buffer: result)
        } catch {
            await session.endQuery()
            throw error
        }
    }

    private func failure(_ body: () async throws -> Void) async -> SourceFailure? {
        do {
            try await body()
            return nil
        } catch {
            return error as? SourceFailure
        }
    }

    // MARK: TLS

    @Test("Without TLS the login alone is encrypted, and the report says that nobody was verified")
    func loginAlone() async throws {
        let server = try await SQLServerStandIn.start()
        let opened = try await OpenSource.open(server.body())
        let seen = try #require(try server.sessions().first)
        #expect(seen.tls == nil)
        #expect(seen.loginTLS == "TLSv1.2")
        #expect(opened.report.warnings.map(\.code) == [.tlsUnverified])
        #expect(opened.report.stages.map(\.stage) == [.resolve, .dial, .tls, .login, .database, .probe])
        #expect(opened.session.facts.serverVersion == "Microsoft SQL Server 16.0.1000")
        #expect(opened.session.facts.certificateExpires == nil)
        #expect(try await ask(opened.session, "select id from orders where id = 1") == "{\"id\":1}\n")
        await opened.session.close()
        await server.stop()
    }

    @Test("A server without TLS is told of: the password crossed the network")
    func inClear() async throws {
        let server = try await SQLServerStandIn.start { $0.encryption = .notSupported }
        let opened = try await OpenSource.open(server.body())
        #expect(opened.report.warnings.map(\.code) == [.passwordInClear])
        await opened.session.close()
        let failure = await failure { _ = try await OpenSource.open(server.body().with(Self.authority)) }
        #expect(failure?.code == .tlsNotSupported)
        await server.stop()
    }

    @Test(
        "With TLS all of the session is encrypted, and the server verified",
        arguments: [
            SQLServerStandIn.Encryption.off, .required,
        ])
    func encrypted(_ encryption: SQLServerStandIn.Encryption) async throws {
        let server = try await SQLServerStandIn.start { $0.encryption = encryption }
        let opened = try await OpenSource.open(server.body().with(Self.authority))
        #expect(try server.sessions().first?.tls == "TLSv1.2")
        #expect(opened.report.warnings.isEmpty)
        #expect(opened.session.facts.certificateExpires != nil)
        #expect(
            try await ask(opened.session, "select customer from orders where id = 2") == "{\"customer\":\"Björn\"}\n")
        await opened.session.close()
        let failure = await failure {
            _ = try await OpenSource.open(server.body().with(Self.authority).with(["sslServerName": "elsewhere.test"]))
        }
        #expect(failure?.code == .tlsHostnameMismatch)
        await server.stop()
    }

    @Test("A server that wants TLS says so to who comes without")
    func required() async throws {
        let server = try await SQLServerStandIn.start { $0.encryption = .required }
        let failure = await failure { _ = try await OpenSource.open(server.body()) }
        #expect(failure?.code == .tlsRequired)
        await server.stop()
    }

    @Test("TDS 8.0: TLS 1.3 comes first, with its name in ALPN")
    func strict() async throws {
        let server = try await SQLServerStandIn.start { $0.encryption = .strict }
        let strict: [String: JSON] = ["options": ["tdsVersion": "8.0"]]
        let opened = try await OpenSource.open(server.body().with(Self.authority).with(strict))
        let seen = try #require(try server.sessions().first)
        #expect(seen.tls == "TLSv1.3")
        #expect(seen.applicationProtocol == "tds/8.0")
        #expect(try await ask(opened.session, "select id from orders where id = 3") == "{\"id\":3}\n")
        await opened.session.close()
        let failure = await failure { _ = try await OpenSource.open(server.body().with(Self.authority)) }
        #expect(failure?.hint.contains("options.tdsVersion") == true, "\(String(describing: failure))")
        await server.stop()
    }

    @Test("A client certificate is shown, and asked for by its name")
    func clientCertificate() async throws {
        let server = try await SQLServerStandIn.start()
        let identity = try Certificates.shared.client(Logins.certificate.username)
        let opened = try await OpenSource.open(
            server.body(as: Logins.certificate).with(Self.authority).with([
                "certificate": .text(identity.chainPEM), "keyfile": .text(identity.keyPEM),
            ]))
        #expect(try server.sessions().first?.clientSubject == Logins.certificate.username)
        await opened.session.close()
        await server.stop()
    }

    // MARK: The login

    @Test("The login goes as it is, with its intent and its program")
    func login() async throws {
        let server = try await SQLServerStandIn.start()
        let opened = try await OpenSource.open(
            server.body(as: Logins.exotic).with([
                "options": ["applicationIntent": "readonly", "applicationName": "wörk"]
            ]))
        let seen = try #require(try server.sessions().first)
        #expect(seen.user == Logins.exotic.username)
        #expect(seen.readOnlyIntent)
        #expect(seen.program == "wörk")
        #expect(seen.server == "127.0.0.1")
        await opened.session.close()
        await server.stop()
    }

    @Test(
        "Logins that can do more than read are warned of",
        arguments: [
            (Logins.reader, nil), (Logins.writer, SourceModel.Warning.Code.loginCanWrite),
            (Logins.chief, .loginIsSuperuser),
        ] as [(TestbedLogin, SourceModel.Warning.Code?)])
    func power(_ login: TestbedLogin, _ code: SourceModel.Warning.Code?) async throws {
        let server = try await SQLServerStandIn.start()
        let opened = try await OpenSource.open(server.body(as: login))
        #expect(opened.report.warnings.map(\.code).filter { $0 != .tlsUnverified } == (code.map { [$0] } ?? []))
        await opened.session.close()
        await server.stop()
    }

    @Test("A server that sends the login on is followed, by the route; one that goes in circles is not")
    func routed() async throws {
        let target = try await SQLServerStandIn.start()
        let port = target.port
        let front = try await SQLServerStandIn.start { $0.route = ("::1", port) }
        let opened = try await OpenSource.open(
            front.body(as: Logins.routed).with(Self.authority).with(["sslServerName": .null]))
        #expect(try target.sessions().first?.user == Logins.routed.username)
        #expect(try target.sessions().first?.server == "::1")
        try await eventually("the front has nobody") { try front.sessions().isEmpty }
        await opened.session.close()
        await front.stop()
        await target.stop()
    }

    @Test(
        "A missing database and a forbidden one are told apart",
        arguments: [
            ("missing", FailureCode.databaseNotFound), ("private", .databaseForbidden),
        ])
    func databases(_ name: String, _ code: FailureCode) async throws {
        let server = try await SQLServerStandIn.start()
        let failure = await failure { _ = try await OpenSource.open(server.body().with(["database": .text(name)])) }
        #expect(failure?.code == code)
        #expect(failure?.stage == .database)
        try await eventually("nobody is left") { try server.sessions().isEmpty }
        await server.stop()
    }

    @Test("A named instance is found by the SQL Browser, and one that there is not is told")
    func instance() async throws {
        // The Browser's port is fixed: an address of its own keeps tests apart.
        let host = "127.\(UInt8.random(in: 1...250)).\(UInt8.random(in: 1...250)).\(UInt8.random(in: 2...250))"
        let server = try await SQLServerStandIn.start {
            $0.browserHost = host
            $0.hosts = [host]
        }
        var body = server.body().with(["host": .text("\(host)\\sales")])
        body["port"] = .null
        let opened = try await OpenSource.open(body)
        #expect(try server.sessions().count == 1)
        await opened.session.close()
        body["host"] = .text("\(host)\\other")
        let failure = await failure { _ = try await OpenSource.open(body) }
        #expect(failure?.stage == .dial)
        #expect(failure?.code == .dialTimeout)
        await server.stop()
    }

    // MARK: Statements

    @Test(
        "Parameters go as such, and rows come back in every type of theirs", arguments: [Logins.reader, Logins.planner])
    func parameters(_ login: TestbedLogin) async throws {
        let server = try await SQLServerStandIn.start()
        let opened = try await OpenSource.open(server.body(as: login))
        let text = try await ask(
            opened.session, "select @p1 as a, @p2 as b, @p3 as c, id from orders where id = @p4",
            [.text("a'; drop table orders --"), .null, .number("2.5"), .number("1")])
        #expect(text == "{\"a\":\"a'; drop table orders --\",\"b\":null,\"c\":2.5,\"id\":1}\n")
        #expect(try await ask(opened.session, "select count(*) as n from orders") == "{\"n\":3}\n")
        #expect(try server.sessions().first?.resets == 2)
        await opened.session.close()
        await server.stop()
    }

    @Test("Every type is told to its last digit")
    func everyType() async throws {
        let server = try await SQLServerStandIn.start()
        let opened = try await OpenSource.open(server.body())
        let lines = try await ask(opened.session, "select * from every_type").split(separator: "\n")
        try #require(lines.count == 2)
        let row = try JSON(parsing: String(lines[0]))
        let expected: [String: JSON] = [
            "a_tinyint": 255, "a_smallint": -32768, "an_int": 2_147_483_647, "a_bigint": "-9223372036854775808",
            "a_bit": true, "a_real": .number(0.1), "a_float": .number(0.1),
            "a_decimal": "-1234567890123456789012345678.0123456789", "a_money": "-922337203685477.5808",
            "a_smallmoney": "1.2345", "a_date": "2024-02-29", "a_time": "23:59:59.9999999",
            "a_datetime": "2024-02-29T23:59:59.997", "a_smalldatetime": "2024-02-29T23:59:00",
            "a_datetime2": "0001-01-01T00:00:00.0000001", "a_datetimeoffset": "2024-02-29T07:00:00.000+05:30",
            "a_guid": "6F19C90B-FF86-11D0-B42D-00C04FC964FF", "a_char": "a  ", "a_varchar": "café€",
            "a_cyrillic": "При", "a_utf8": "žluť", "an_nvarchar": "añ𝄞",
            "an_nvarchar_max": .text(String(repeating: "ß", count: 5000)),
            "a_varchar_max": .text(String(repeating: "€", count: 4000)), "a_varbinary": "3q0=",
            "a_varbinary_max": .text(Data((0..<6000).map { UInt8($0 % 3) }).base64EncodedString()), "a_text": "aé",
            "an_image": "yv4=", "an_xml": "<a>é</a>", "a_variant": "7",
        ]
        for (name, value) in expected { #expect(row[name] == value, "\(name)") }
        #expect(row.fields.count == expected.count)
        #expect(try JSON(parsing: String(lines[1])).fields.values.allSatisfy { $0 == .null })
        await opened.session.close()
        await server.stop()
    }

    @Test(
        "What would write is refused before it runs, where the server says so",
        arguments: [
            (Logins.planner, "insert into orders values (9, 'x', 1)", FailureCode.statementWrites),
            (Logins.planner, "select 1 as a; delete from orders", .statementWrites),
            (Logins.planner, "commit; select 1 as a", .statementWrites),
            (Logins.planner, "rollback; delete from orders; select 1 as a", .statementWrites),
            (Logins.planner, "select 1 as a from master.dbo.spt_values; commit; delete from orders", .statementRefused),
            (Logins.planner, "syntax error", .statementRefused),
            (Logins.reader, "insert into orders values (9, 'x', 1)", .statementWithoutRows),
            (Logins.reader, "syntax error", .statementRefused),
            (Logins.reader, "select nothing from nowhere", .statementRefused),
        ])
    func refused(_ login: TestbedLogin, _ text: String, _ code: FailureCode) async throws {
        let server = try await SQLServerStandIn.start()
        let opened = try await OpenSource.open(server.body(as: login))
        let failure = await failure { _ = try await ask(opened.session, text) }
        #expect(failure?.code == code, "\(String(describing: failure))")
        #expect(failure?.stage == .query)
        // The session is fit for the next one.
        #expect(try await ask(opened.session, "select count(*) as n from orders") == "{\"n\":3}\n")
        let ran = try #require(try server.sessions().first).ran
        #expect(ran.contains("select count(*) as n from orders"))
        #expect(!ran.contains { text.hasPrefix($0) || $0.contains(text) }, "\(ran)")
        if code == .statementWrites { #expect(failure?.message.contains("was not run") == true) }
        await opened.session.close()
        await server.stop()
    }

    @Test("A statement that names a database without the permission to see plans does not get the weaker check")
    func planElsewhere() async throws {
        let server = try await SQLServerStandIn.start()
        let opened = try await OpenSource.open(server.body(as: Logins.planner))
        let failure = await failure { _ = try await ask(opened.session, "select 1 as a from master.dbo.spt_values") }
        #expect(failure?.server?.code == "262/4")
        #expect(failure?.hint.contains("GRANT SHOWPLAN") == true)
        // Neither do those that come behind it.
        let next = await self.failure { _ = try await ask(opened.session, "commit; select 1 as a") }
        #expect(next?.message.contains("was not run") == true, "\(String(describing: next))")
        await opened.session.close()
        await server.stop()
    }

    @Test(
        "A statement that ends its transaction is told as what it is, and what it does behind that does not stay",
        arguments: [
            ("commit; select 1 as a", 3), ("commit; delete from orders; select 1 as a", 3),
            ("rollback; delete from orders; select 1 as a", 3),
            // What cannot be prevented is told.
            ("set implicit_transactions off; rollback; delete from orders where id = 1; select 1 as a", 2),
            // Behind rows of which only the first is wanted.
            ("select id from orders; commit", 3), ("select id from orders; rollback; delete from orders", 3),
            ("select id from orders; delete from orders where id = 1; commit", 2),
        ])
    func ended(_ text: String, _ left: Int) async throws {
        let server = try await SQLServerStandIn.start()
        let opened = try await OpenSource.open(server.body())
        let failure = await failure { _ = try await ask(opened.session, text, rowLimit: 1) }
        #expect(failure?.code == .statementWrites)
        #expect(failure?.message.contains("may stay") == true)
        #expect(try await ask(opened.session, "select count(*) as n from orders") == "{\"n\":\(left)}\n")
        await opened.session.close()
        await server.stop()
    }

    @Test(
        "A statement that runs too long, or gives too much, is ended by an attention on the same connection",
        arguments: [
            "waitfor delay '01:00:00'", "select n from endless",
        ])
    func attention(_ text: String) async throws {
        let server = try await SQLServerStandIn.start()
        let opened = try await OpenSource.open(server.body())
        let session = opened.session
        if text.hasPrefix("select") {
            let rows = try await ask(session, text, rowLimit: 5).split(separator: "\n")
            #expect(rows.count == 5)
        } else {
            let task = Task { try await session.query(Statement(text)) }
            try await eventually("the statement runs") {
                try server.sessions().first?.statements.contains(text) == true
            }
            task.cancel()
            let failure = await failure { _ = try await task.value }
            #expect(failure?.code == .statementCancelled)
            await session.endQuery()
        }
        #expect(try server.sessions().first?.attentions == 1)
        #expect(try await ask(session, "select count(*) as n from orders") == "{\"n\":3}\n")
        await session.close()
        await server.stop()
    }

    @Test("Tables, their columns, keys and indexes are told")
    func schema() async throws {
        let server = try await SQLServerStandIn.start()
        let opened = try await OpenSource.open(server.body())
        let list = try await opened.session.tables()
        #expect(list.tables.map(\.name) == ["every_type", "orders", "totals"])
        #expect(list.tables.map(\.kind) == [.table, .table, .view])
        #expect(list.tables[1].rowEstimate == 3)
        #expect(list.tables[1].comment == "All orders")
        let details = try await opened.session.details(of: Array(list.tables.dropFirst()))
        #expect(details[0].columns.map(\.type) == ["int", "nvarchar(50)", "decimal(10,2)"])
        #expect(details[0].columns.map(\.jsonType) == [.number, .string, .string])
        #expect(details[0].columns.map(\.isNullable) == [false, true, true])
        #expect(details[0].columns[2].defaultValue == "((0))")
        #expect(details[0].primaryKey == ["id"])
        #expect(details[0].indexes.map(\.columns) == [["id"], ["total", "id"]])
        #expect(details[0].foreignKeys.first?.referencedTable == "customers")
        #expect(details[1].columns.first?.type == "Amount")
        await opened.session.close()
        await server.stop()
    }

    @Test("After the server was killed a ping fails and says why")
    func killed() async throws {
        let server = try await SQLServerStandIn.start()
        let opened = try await OpenSource.open(server.body())
        try await opened.session.ping()
        await server.stop(.killed)
        let failure = await failure { try await opened.session.ping() }
        #expect(failure?.code == .serverClosed || failure?.code == .connectionReset)
        await opened.session.close()
    }
}
