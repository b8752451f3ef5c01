import NIOConcurrencyHelpers
import SourceModel

/// Who waits for which copy, and who holds it.
final class CopyShelf: Sendable {
    struct Key: Equatable, Sendable {
        var place: DataSource
        var version: RemoteVersion
    }

    /// What whoever comes finds.
    enum Arrival {
        case served(Result<RemoteCopy, SourceFailure>)
        /// Somebody fetches it.
        case waits
        /// Nobody does: the number under which it is fetched.
        case first(Int)
    }

    private struct Entry {
        var key: Key
        var task: Task<Void, Never>?
        var waiters: [Int: (RemoteCopies.Waiter, RemoteCopies.Observer)] = [:]
        /// Since when nobody waits for it.
        var abandoned: ContinuousClock.Instant?
        var progress: FetchProgress?
        /// When bytes last came.
        var heard = ContinuousClock.now
        /// When those who wait were last told.
        var told = ContinuousClock.now
        var file: CopyFile?
        var holders = 0
    }

    private struct State {
        var entries: [Int: Entry] = [:]
        var lastNumber = 0
    }

    private let state = NIOLockedValueBox(State())

    func makeNumber() -> Int {
        state.withLockedValue { state in
            state.lastNumber += 1
            return state.lastNumber
        }
    }

    // MARK: Waiting

    func arrive(
        _ id: Int, _ waiter: RemoteCopies.Waiter, _ observer: @escaping RemoteCopies.Observer, for key: Key
    ) -> Arrival {
        state.withLockedValue { state in
            // Under the lock: whoever cancels has called `leave` already, or will find the waiter.
            let isGone = Task.isCancelled
            if let number = state.entries.first(where: { $0.value.key == key })?.key {
                if let file = state.entries[number]?.file {
                    state.entries[number]?.holders += 1
                    return .served(.success(copy(file, key.version, number)))
                }
                if isGone { return .served(.failure(Self.gone)) }
                state.entries[number]?.waiters[id] = (waiter, observer)
                state.entries[number]?.abandoned = nil
                return .waits
            }
            if isGone { return .served(.failure(Self.gone)) }
            state.entries[id] = Entry(key: key, waiters: [id: (waiter, observer)])
            return .first(id)
        }
    }

    private static let gone = SourceFailure(
        .open, .deadlineExceeded, "The time was over before the file was fetched.", hint: "Raise timeout.")

    /// Whoever waits leaves; nil where it was answered already, or has not begun to wait.
    func leave(_ id: Int) -> RemoteCopies.Waiter? {
        state.withLockedValue { state in
            guard let number = state.entries.first(where: { $0.value.waiters[id] != nil })?.key else { return nil }
            let waiter = state.entries[number]?.waiters.removeValue(forKey: id)
            if state.entries[number]?.waiters.isEmpty == true { state.entries[number]?.abandoned = .now }
            return waiter?.0
        }
    }

    func progress(of key: Key) -> FetchProgress? {
        state.withLockedValue { $0.entries.values.first { $0.key == key }?.progress }
    }

    // MARK: Fetching

    func own(_ task: Task<Void, Never>, for number: Int) {
        state.withLockedValue { $0.entries[number]?.task = task }
    }

    func received(_ number: Int, _ count: Int, of size: Int?) {
        let progress = FetchProgress(received: count, size: size)
        let observers = state.withLockedValue { state -> [RemoteCopies.Observer] in
            guard var entry = state.entries[number] else { return [] }
            let now = ContinuousClock.now
            entry.progress = progress
            entry.heard = now
            let isDue = entry.told.duration(to: now) >= .milliseconds(250)
            if isDue { entry.told = now }
            state.entries[number] = entry
            return isDue ? entry.waiters.values.map(\.1) : []
        }
        for observer in observers { observer(progress) }
    }

    /// Whether nobody has waited, or nothing has come, for long.
    func isHopeless(_ number: Int, patience: Duration) -> Bool {
        state.withLockedValue { state in
            guard let entry = state.entries[number] else { return true }
            let now = ContinuousClock.now
            return entry.heard.duration(to: now) >= patience
                || entry.abandoned.map { $0.duration(to: now) >= patience } ?? false
        }
    }

    /// Says of which version the bytes are that have come.
    func title(_ number: Int, _ version: RemoteVersion) {
        state.withLockedValue { $0.entries[number]?.key.version = version }
    }

    /// The file is there, or will not be; whether anybody waited for it.
    func finish(_ number: Int, _ result: Result<CopyFile, SourceFailure>) -> Bool {
        let outcomes = state.withLockedValue { state -> [(RemoteCopies.Waiter, Result<RemoteCopy, SourceFailure>)] in
            guard var entry = state.entries[number] else { return [] }
            let waiters = entry.waiters.values.map(\.0)
            entry.waiters = [:]
            switch result {
            case .success(let file):
                entry.file = file
                entry.holders = waiters.count
                state.entries[number] = entry
                return waiters.map { ($0, .success(copy(file, entry.key.version, number))) }
            case .failure(let failure):
                state.entries[number] = nil
                return waiters.map { ($0, .failure(failure)) }
            }
        }
        for (waiter, outcome) in outcomes { waiter.resume(returning: outcome) }
        return !outcomes.isEmpty
    }

    // MARK: Holding

    private func copy(_ file: CopyFile, _ version: RemoteVersion, _ number: Int) -> RemoteCopy {
        RemoteCopy(url: file.url, size: file.size, version: version) { [weak self] in
            if let self { release(number) } else { file.remove() }
        }
    }

    private func release(_ number: Int) {
        state.withLockedValue { $0.entries[number]?.holders -= 1 }
        removeUnused(number)
    }

    func removeUnused(_ number: Int) {
        let file = state.withLockedValue { state -> CopyFile? in
            guard let entry = state.entries[number], let file = entry.file, entry.holders <= 0 else { return nil }
            state.entries[number] = nil
            return file
        }
        file?.remove()
    }

    func cancelAll() {
        for task in state.withLockedValue({ $0.entries.values.compactMap(\.task) }) { task.cancel() }
    }
}
