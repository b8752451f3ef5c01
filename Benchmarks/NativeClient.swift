import Foundation
import Testbed

/// The database's own client library, loaded as any program would: connects, runs `select 1`, hangs up. It blocks.
struct NativeClient: Sendable {
    let name: String
    private let once: @Sendable (Database, Login) throws -> Void

    /// The library for a kind of database.
    init(for kind: Database.Kind) throws {
        switch kind {
        case .postgres:
            name = "libpq"
            once = try LibPQ().connectOnce
        case .mariaDB, .mySQL:
            name = "libmariadb"
            once = try LibMariaDB().connectOnce
        }
    }

    /// One connection from beginning to end.
    func connectOnce(to database: Database) throws { try once(database, database.login) }
}

/// A library that was loaded; never unloaded, its functions stay valid.
private struct Library: Sendable {
    private let handle: UInt

    init(_ file: String) throws {
        guard let handle = dlopen(file, RTLD_NOW) else { throw TestbedError("\(file) is not installed.") }
        self.handle = UInt(bitPattern: handle)
    }

    /// A function of the library. `type` has to be its C type: the header of the library says which.
    func function<Function>(_ name: String, as type: Function.Type) throws -> Function {
        guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: handle), name) else {
            throw TestbedError("The library has no \(name).")
        }
        return unsafeBitCast(symbol, to: type)
    }
}

/// PostgreSQL's client library (`libpq-fe.h`).
private struct LibPQ: Sendable {
    private let connect: @convention(c) (UnsafePointer<CChar>) -> OpaquePointer?
    private let status: @convention(c) (OpaquePointer?) -> CInt
    private let exec: @convention(c) (OpaquePointer?, UnsafePointer<CChar>) -> OpaquePointer?
    private let resultStatus: @convention(c) (OpaquePointer?) -> CInt
    private let clear: @convention(c) (OpaquePointer?) -> Void
    private let finish: @convention(c) (OpaquePointer?) -> Void

    init() throws {
        let library = try Library("libpq.so.5")
        connect = try library.function("PQconnectdb", as: type(of: connect))
        status = try library.function("PQstatus", as: type(of: status))
        exec = try library.function("PQexec", as: type(of: exec))
        resultStatus = try library.function("PQresultStatus", as: type(of: resultStatus))
        clear = try library.function("PQclear", as: type(of: clear))
        finish = try library.function("PQfinish", as: type(of: finish))
    }

    func connectOnce(_ database: Database, _ login: Login) throws {
        let connection = connect(
            "host=127.0.0.1 port=\(database.port) user=\(login.username) password='\(login.password)' dbname=wellhead "
                + "sslmode=disable gssencmode=disable")
        defer { finish(connection) }
        // CONNECTION_OK
        guard status(connection) == 0 else { throw TestbedError("libpq could not connect.") }
        let result = exec(connection, "select 1")
        defer { clear(result) }
        // PGRES_TUPLES_OK
        guard resultStatus(result) == 2 else { throw TestbedError("libpq could not run select 1.") }
    }
}

/// MariaDB's client library (`mysql.h`), which speaks with MySQL too.
private struct LibMariaDB: Sendable {
    typealias Text = UnsafePointer<CChar>?
    private let make: @convention(c) (OpaquePointer?) -> OpaquePointer?
    private let connect:
        @convention(c) (OpaquePointer?, Text, Text, Text, Text, CUnsignedInt, Text, CUnsignedLong) -> OpaquePointer?
    private let query: @convention(c) (OpaquePointer?, UnsafePointer<CChar>) -> CInt
    private let store: @convention(c) (OpaquePointer?) -> OpaquePointer?
    private let free: @convention(c) (OpaquePointer?) -> Void
    private let close: @convention(c) (OpaquePointer?) -> Void

    init() throws {
        let library = try Library("libmariadb.so.3")
        make = try library.function("mysql_init", as: type(of: make))
        connect = try library.function("mysql_real_connect", as: type(of: connect))
        query = try library.function("mysql_query", as: type(of: query))
        store = try library.function("mysql_store_result", as: type(of: store))
        free = try library.function("mysql_free_result", as: type(of: free))
        close = try library.function("mysql_close", as: type(of: close))
    }

    func connectOnce(_ database: Database, _ login: Login) throws {
        let handle = make(nil)
        defer { close(handle) }
        guard
            connect(
                handle, "127.0.0.1", login.username, login.password, "wellhead", CUnsignedInt(database.port), nil, 0)
                != nil, query(handle, "select 1") == 0, let result = store(handle)
        else { throw TestbedError("libmariadb could not connect and run select 1.") }
        free(result)
    }
}
