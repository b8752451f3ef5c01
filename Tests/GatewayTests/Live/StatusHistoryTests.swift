import Foundation
import SourceModel
import Testing

@testable import Gateway

@Suite("The history of a source's status")
struct StatusHistoryTests {
    private static let start = Date(timeIntervalSince1970: 1_800_000_000)

    @Test("A minute is one point: its worst status and its longest round trip")
    func minute() throws {
        var history = StatusHistory()
        history.note(.connected, latency: nil, at: Self.start)
        history.note(.connected, latency: .microseconds(1500), at: Self.start + 10)
        history.note(.reconnecting, latency: nil, at: Self.start + 20)
        history.note(.connected, latency: .microseconds(900), at: Self.start + 59)
        history.note(.connected, latency: .milliseconds(2), at: Self.start + 60)
        let points = history.points
        #expect(points.map(\.at) == [Self.start, Self.start + 60])
        #expect(points.map(\.status) == [.reconnecting, .connected])
        #expect(points.map(\.latency) == [.microseconds(1500), .milliseconds(2)])
    }

    @Test("Of a long life only the last hours are kept, and a clock set back loses nothing")
    func bounded() {
        var history = StatusHistory()
        for minute in 0..<1000 { history.note(.connected, latency: .seconds(1), at: Self.start + Double(minute) * 60) }
        #expect(history.points.count == StatusHistory.capacity)
        #expect(history.points.last?.at == Self.start + 999 * 60)
        history.note(.failed, latency: nil, at: Self.start)
        #expect(history.points.count == StatusHistory.capacity)
        #expect(history.points.last?.status == .failed)
    }

    @Test("Round trips that no number holds are the longest that there is", arguments: [4001, 5_000_000])
    func long(seconds: Int) {
        var history = StatusHistory()
        history.note(.connected, latency: .seconds(seconds), at: Self.start)
        #expect(history.points[0].latency ?? .zero > .seconds(4000))
    }
}
