import Synchronization
import Testbed
import Testing

@testable import Gateway

@Suite("Slots for openings")
struct OpeningSlotsTests {
    @Test("No more run at one time than there are slots, and all get their turn", arguments: [1, 3, 0])
    func bound(count: Int) async throws {
        let slots = OpeningSlots(count: count)
        let tally = Tally()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    _ = await slots.withSlot {
                        tally.enter()
                        await Task.yield()
                        tally.leave()
                    }
                }
            }
        }
        #expect(tally.all == 100)
        // Of none at all nothing would ever open: there is always one.
        #expect(tally.most <= max(1, count))
    }

    @Test("Who waits is served in the order in which they came, and who left is passed over")
    func order() async throws {
        let slots = OpeningSlots(count: 1)
        let line = Line()
        let gates = (0..<5).map { _ in Gate() }
        let holder = Task { await line.stand(in: slots, as: 0, until: gates[0]) }
        try await eventually("the slot is taken") { gates[0].waiting == 1 }
        var waiting: [Task<Bool, Never>] = []
        for caller in 1...4 {
            waiting.append(Task { await line.stand(in: slots, as: caller, until: gates[caller]) })
            // Each is in line before the next one comes.
            try await eventually("caller \(caller) is in line") { line.asked == caller + 1 }
            for _ in 0..<100 { await Task.yield() }
        }
        waiting[1].cancel()
        #expect(await waiting[1].value == false)
        gates[0].open()
        #expect(await holder.value)
        for caller in [1, 3, 4] {
            try await eventually("caller \(caller) has the slot") { gates[caller].waiting == 1 }
            #expect(line.served.last == caller)
            gates[caller].open()
        }
        for caller in [0, 2, 3] { #expect(await waiting[caller].value) }
        #expect(line.served == [0, 1, 3, 4])
        // The slot is free again.
        #expect(await slots.withSlot { true } == true)
    }

    @Test("Who is cancelled already gets none, and takes none away")
    func cancelled() async {
        let slots = OpeningSlots(count: 1)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await slots.withSlot { true }
        }
        #expect(await task.value == nil)
        #expect(await slots.withSlot { true } == true)
    }
}

/// How many are inside at one time.
private final class Tally: Sendable {
    private let state = Mutex((now: 0, most: 0, all: 0))

    var most: Int { state.withLock { $0.most } }
    var all: Int { state.withLock { $0.all } }

    func enter() {
        state.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1), $0.all + 1) }
    }

    func leave() { state.withLock { $0.now -= 1 } }
}

/// Who came, and who was served.
private final class Line: Sendable {
    private let state = Mutex((asked: 0, served: [Int]()))

    var asked: Int { state.withLock { $0.asked } }
    var served: [Int] { state.withLock { $0.served } }

    func stand(in slots: OpeningSlots, as caller: Int, until gate: Gate) async -> Bool {
        state.withLock { $0.asked += 1 }
        return await slots.withSlot {
            state.withLock { $0.served.append(caller) }
            await gate.pass()
            return true
        } ?? false
    }
}
