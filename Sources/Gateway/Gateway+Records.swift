import Drivers
import Foundation
import Registry
import SourceModel

extension Gateway {
    /// Validates, tests, stores and connects. If the test fails nothing is stored; the session that passed the test
    /// becomes the pool's first.
    ///
    /// - Parameters:
    ///   - connect: false stores a draft untested.
    ///   - caller: the user's or the token's name.
    ///   - deadline: the whole test's time.
    package func create(
        _ draft: DataSourceDraft, connect: Bool, by caller: String, deadline: Duration,
        journal: StageJournal = StageJournal()
    ) async throws(GatewayError) -> RecordView {
        var draft = draft
        let source = try await prepared(draft)
        let now = timing.date()
        var random = SystemRandomNumberGenerator()
        let id = RecordID.make(milliseconds: UInt64(now.timeIntervalSince1970 * 1000), random: &random)
        let name = draft.text(.name) ?? Record.defaultName(driver: source.driver, id: id)
        draft = draft.normalised()
        draft.values[.name] = nil
        var record = Record(
            id: id, name: name, draft: draft, publishedAt: nil, createdAt: now, updatedAt: now, createdBy: caller,
            updatedBy: caller)
        guard connect else {
            try await stored { () throws(RegistryError) in try await registry.insert(record) }
            return RecordView(record: record, status: .draft)
        }
        let session = try await connected(source, deadline: deadline, journal: journal)
        record.publishedAt = timing.date()
        let pinned = pin(session.facts.hostKey, in: &record.draft, of: source)
        do throws(GatewayError) {
            try await stored { [record] () throws(RegistryError) in try await registry.insert(record) }
        } catch {
            await session.close()
            throw error
        }
        await adopt(session, for: id, revision: record.revision, source: pinned)
        return RecordView(record: record, status: .connected)
    }

    /// Tests a draft and stores nothing.
    ///
    /// - Throws: `GatewayError.invalid` only.
    package func test(
        _ draft: DataSourceDraft, deadline: Duration, journal: StageJournal = StageJournal()
    ) async throws(GatewayError) -> TestOutcome {
        await outcome(of: try await prepared(draft), deadline: deadline, journal: journal)
    }

    /// Tests a stored record afresh, over a connection of its own.
    package func test(
        _ id: RecordID, deadline: Duration, journal: StageJournal = StageJournal()
    ) async throws(GatewayError) -> TestOutcome {
        await outcome(of: try await prepared(try await storedRecord(id).draft), deadline: deadline, journal: journal)
    }

    /// All live records, in order of creation.
    package func records() async throws(GatewayError) -> [RecordView] {
        let loaded = try await stored { () throws(RegistryError) in try await registry.records() }
        return loaded.records.map { RecordView(record: $0, status: sourceStatus(of: $0)) }
    }

    package func record(_ id: RecordID) async throws(GatewayError) -> RecordView {
        let record = try await storedRecord(id)
        return RecordView(record: record, status: sourceStatus(of: record))
    }

    package func tombstones() async throws(GatewayError) -> [Tombstone] {
        try await stored { () throws(RegistryError) in try await registry.tombstones() }
    }

    /// Changes the fields sent, tests the result and swaps the live connection. Until the new one passes, the old one
    /// serves; if it fails nothing changes.
    ///
    /// - Parameter expecting: the revision that the caller has seen, where it says so.
    package func update(
        _ id: RecordID, with draft: DataSourceDraft, by caller: String, expecting revision: Int?, deadline: Duration,
        journal: StageJournal = StageJournal()
    ) async throws(GatewayError) -> RecordView {
        var record = try await storedRecord(id)
        if let revision, revision != record.revision { throw .changedMeanwhile(id) }
        let before = record
        var change = draft
        let host = change.text(.sshHost), port = change.text(.sshPort)
        if change.values[.sshHostKey] == nil,
            host.map({ $0 != record.draft.text(.sshHost) }) ?? false
                || port.map({ $0 != record.draft.text(.sshPort) }) ?? false
        {
            // Another SSH host has another key: the pinned one went with the old host.
            change.cleared.insert(.sshHostKey)
        }
        let merged = change.applied(to: record.draft)
        let source = try await prepared(merged)
        record.draft = merged.normalised()
        record.draft.values[.name] = nil
        record.name = change.text(.name) ?? record.name
        if change.cleared.contains(.name) { record.name = Record.defaultName(driver: source.driver, id: id) }
        let session = try await connected(source, deadline: deadline, journal: journal)
        let now = timing.date()
        record.updatedAt = now
        record.updatedBy = caller
        record.publishedAt = now
        let pinned = pin(session.facts.hostKey, in: &record.draft, of: source)
        do throws(GatewayError) {
            try await stored { [record] () throws(RegistryError) in
                try await registry.update(record, expecting: before.revision)
            }
        } catch {
            await session.close()
            throw error
        }
        record.revision = before.revision + 1
        await adopt(session, for: id, revision: record.revision, source: pinned)
        return RecordView(record: record, status: .connected)
    }

    /// Disconnects, erases login data beyond recovery and keeps a tombstone.
    package func delete(_ id: RecordID, by caller: String) async throws(GatewayError) {
        let now = timing.date()
        try await stored { () throws(RegistryError) in try await registry.delete(id, by: caller, at: now) }
        retire(id)
    }

    /// The live state of one source.
    package func status(_ id: RecordID) async throws(GatewayError) -> LiveStatus {
        if let source = liveSource(id) { return source.status }
        let record = try await storedRecord(id)
        return LiveStatus(status: sourceStatus(of: record), since: record.updatedAt)
    }

    /// Every live record's label with its live state, in order of creation; no credential is opened.
    package func overview() async throws(GatewayError) -> [(record: RecordLabel, status: LiveStatus)] {
        try await stored { () throws(RegistryError) in try await registry.labels() }.map { label in
            let status = LiveStatus(status: Self.unconnected(isPublished: label.isPublished), since: label.updatedAt)
            return (label, liveSource(label.id)?.status ?? status)
        }
    }

    /// How one source did over the last hours; empty for one that is not connected.
    package func history(_ id: RecordID) async throws(GatewayError) -> StatusHistory {
        if let source = liveSource(id) { return source.history }
        _ = try await storedRecord(id)
        return StatusHistory()
    }

    // MARK: Steps

    private func storedRecord(_ id: RecordID) async throws(GatewayError) -> Record {
        guard let record = try await stored({ () throws(RegistryError) in try await registry.record(id) }) else {
            throw .notFound(id)
        }
        return record
    }

    /// A draft as a value that cannot be wrong; also the key's passphrase is tried before anything is dialled.
    private func prepared(_ draft: DataSourceDraft) async throws(GatewayError) -> DataSource {
        do throws(SourceFailure) {
            let source = try draft.validated()
            try await drivers.checkMaterial(of: source)
            return source
        } catch {
            throw .invalid(error)
        }
    }

    private func connected(
        _ source: DataSource, deadline: Duration, journal: StageJournal
    ) async throws(GatewayError) -> any Session {
        do throws(SourceFailure) {
            return try await opened(source, deadline: deadline, journal: journal)
        } catch {
            throw .failed(error, journal.report(failure: error))
        }
    }

    private func opened(
        _ source: DataSource, deadline: Duration, journal: StageJournal
    ) async throws(SourceFailure) -> any Session {
        let session = try await withDeadline(
            deadline, of: source, journal: journal, timing: timing
        ) { [drivers] () async throws(SourceFailure) in
            try await drivers.open(source, for: .test, journal: journal)
        }
        return session
    }

    private func outcome(of source: DataSource, deadline: Duration, journal: StageJournal) async -> TestOutcome {
        do throws(SourceFailure) {
            let session = try await opened(source, deadline: deadline, journal: journal)
            let report = journal.report()
            await session.close()
            return TestOutcome(report: report, failure: nil)
        } catch {
            return TestOutcome(report: journal.report(failure: error), failure: error)
        }
    }

    /// Writes the SSH host's key that was seen into a record that names none, and into the source that stays connected.
    private func pin(_ seen: HostKey?, in draft: inout DataSourceDraft, of source: DataSource) -> DataSource {
        guard let seen, case .ssh(var bastion, let passage, let encryption) = source.scheme, bastion.hostKey == nil
        else {
            return source
        }
        draft.values[.sshHostKey] = .text(seen.text)
        bastion.hostKey = seen
        var pinned = source
        pinned.scheme = .ssh(bastion, passage, encryption)
        return pinned
    }
}
