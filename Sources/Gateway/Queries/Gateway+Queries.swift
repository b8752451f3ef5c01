import Drivers
import Foundation
import Logging
import NIOCore
import Results
import SourceModel

extension Gateway {
    /// Runs one statement that reads on a stored source. Returns when the first rows are there, or none will come.
    ///
    /// - Parameters:
    ///   - name: the caller's own name for the query; nil makes one.
    ///   - describe: writes a failure in the middle of a result as a JSON value.
    /// - Throws: `notFound`, `notConnected`, `busy`, `queryNameTaken`, `unavailable`, or `statement` with what the
    ///   statement, or the connection, failed with.
    package func query(
        _ id: RecordID, _ statement: Statement, format: ResultFormat, name: QueryID?, by caller: String,
        describe: @escaping @Sendable (SourceFailure) -> [UInt8]
    ) async throws(GatewayError) -> QueryResult {
        let live = try await connectedSource(id)
        var random = SystemRandomNumberGenerator()
        let milliseconds = UInt64(timing.date().timeIntervalSince1970 * 1000)
        let query = RunningQuery(
            id: name ?? QueryID(RecordID.make(milliseconds: milliseconds, random: &random)), source: id, caller: caller,
            statement: statement, format: format, timing: timing, describe: describe)
        try desk.add(query)
        guard perform({ [self] in await run(query, on: live) }) else {
            desk.remove(query)
            throw .unavailable("The service is ending; send the request again.")
        }
        switch await query.pieces.take() {
        case .columns(let columns): return QueryResult(query: query, columns: columns)
        case .failure(let error): throw error
        case .bytes, nil:
            query.stop(.callerLeft)
            throw .unavailable("The query was given up.")
        }
    }

    /// The queries that run now.
    package var queries: [RunningQuery] { desk.all }

    /// Cancels a running query at its server.
    ///
    /// - Returns: false where none of that name runs.
    package func cancelQuery(_ id: QueryID, by caller: String) -> Bool {
        guard let query = desk.query(id) else { return false }
        query.stop(.cancelled(by: caller))
        return true
    }

    /// The source's live side.
    ///
    /// - Throws: `notFound`, or `notConnected` for a draft.
    func connectedSource(_ id: RecordID) async throws(GatewayError) -> LiveSource {
        if let live = liveSource(id) { return live }
        _ = try await record(id)
        throw .notConnected(id)
    }

    // MARK: Running

    /// One query from its lease to its last byte; a child task of `run`.
    private func run(_ query: RunningQuery, on live: LiveSource) async {
        do {
            try await live.withSession(waitingAtMost: min(settings.leaseWait, query.statement.timeout)) { session in
                await self.serve(query, on: session)
            }
        } catch let busy as ConnectionPool.Busy {
            query.pieces.finish(with: [.failure(.busy(live.id, busy.waited, live.status))])
        } catch {
            // The source is being taken away, or the service ends.
            query.pieces.finish(with: [.failure(.notConnected(live.id))])
        }
        desk.remove(query)
    }

    /// Streams until the last row, until something fails or until the query is to stop; then leaves the session clean.
    private func serve(_ query: RunningQuery, on session: any Session) async {
        let left = query.statement.timeout - query.start.duration(to: timing.now())
        let last = await withTaskGroup(of: [RunningQuery.Piece].self) { group in
            group.addTask { await self.stream(query, from: session) }
            group.addTask {
                await query.signal.wait()
                return []
            }
            group.addTask { [timing] in
                await timing.sleep(left)
                if !Task.isCancelled { query.signal.stop(.deadline) }
                return []
            }
            var last: [RunningQuery.Piece] = []
            for await pieces in group {
                last += pieces
                group.cancelAll()
            }
            return last
        }
        query.pieces.finish(with: last)
        note(query, ended: last)
        // Here nothing is cancelled, so that the server can be told.
        await endQuery(on: session)
    }

    /// One line in the log; never the statement, which is the caller's own.
    private func note(_ query: RunningQuery, ended last: [RunningQuery.Piece]) {
        var code = "ok"
        for case .failure(.statement(let failure)) in last { code = failure.code.rawValue }
        let (seconds, attoseconds) = query.start.duration(to: timing.now()).components
        logger.info(
            "Query ended",
            metadata: [
                "query": "\(query.id)", "source": "\(query.source)", "caller": "\(query.caller)", "code": "\(code)",
                "milliseconds": "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)",
            ])
    }

    /// A server that is gone, or cannot be reached to cancel, must not hold the pool's place for ever.
    func endQuery(on session: any Session) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await session.endQuery() }
            group.addTask { [timing, settings] in
                await timing.sleep(settings.cancelDeadline)
                if !Task.isCancelled { await session.close() }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// - Returns: what the taker gets last, for which it is not waited: the end of the result, or the failure.
    private func stream(_ query: RunningQuery, from session: any Session) async -> [RunningQuery.Piece] {
        let rows: any RowSource
        var encoder: RowEncoder
        var goesOn: Bool
        do throws(SourceFailure) {
            rows = try await session.query(query.statement)
            encoder = RowEncoder(format: query.format, columns: rows.columns)
            encoder.begin()
            // Only with the first rows it is sure that there is a result to begin with.
            goesOn = try await rows.encodeNext(into: &encoder)
        } catch {
            return [.failure(.statement(query.explained(error)))]
        }
        do throws(SourceFailure) {
            guard await query.pieces.give(.columns(rows.columns)) else { throw query.interruption }
            while goesOn {
                if encoder.pendingBytes > 0, await !query.pieces.give(.bytes(encoder.take())) {
                    throw query.interruption
                }
                goesOn = try await rows.encodeNext(into: &encoder)
            }
            encoder.end(query.start.duration(to: timing.now()))
            return [.bytes(encoder.take())]
        } catch {
            let failure = query.explained(error)
            encoder.end(query.start.duration(to: timing.now()), error: query.describe(failure))
            return [.bytes(encoder.take()), .failure(.statement(failure))]
        }
    }
}

extension RunningQuery {
    /// What the rows end early with where nobody takes them fast enough.
    fileprivate var interruption: SourceFailure {
        explained(
            SourceFailure(
                .query, .statementCancelled, "The statement was cancelled, because its rows were not taken.",
                hint: "Read the rows as they come, or ask for less."))
    }

    /// A failure by what caused it, where we did.
    fileprivate func explained(_ failure: SourceFailure) -> SourceFailure {
        failure.explained(by: signal.reason, statement.timeout)
    }
}

extension SourceFailure {
    /// What a failure was caused by, where we caused it ourselves.
    fileprivate func explained(by reason: StopReason?, _ timeout: Duration) -> SourceFailure {
        switch reason {
        case nil: return self
        case .deadline:
            let (seconds, attoseconds) = timeout.components
            let limit = attoseconds == 0 ? "\(seconds) s" : "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000) ms"
            return SourceFailure(
                .query, .statementTimeout, "The statement did not finish within \(limit) and was cancelled.",
                hint: "Raise timeout, or ask for less.", server: server)
        case .callerLeft:
            return SourceFailure(
                .query, .statementCancelled, "The statement was cancelled, because its caller had gone.",
                hint: "Send it again if it is still wanted.", server: server)
        case .serviceEnds:
            return SourceFailure(
                .query, .statementCancelled, "The statement was cancelled, because the service ends.",
                hint: "Send it again once the service is back.", server: server)
        case .cancelled(let name):
            return SourceFailure(
                .query, .statementCancelled, "The statement was cancelled by \(name).",
                hint: "Send it again if it is still wanted.", server: server)
        }
    }
}
