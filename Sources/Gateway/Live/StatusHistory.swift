import Foundation
import SourceModel

/// How a source did over the last hours, minute by minute. Kept in memory, at most 360 points of 12 bytes.
package struct StatusHistory: Sendable, Equatable {
    /// The time that one point stands for.
    package static let step: Duration = .seconds(60)
    /// Points that are kept: six hours where every minute has news.
    package static let capacity = 360

    /// One minute: what was worst in it.
    package struct Point: Sendable, Equatable {
        /// The minute's beginning.
        package let at: Date
        package let status: SourceStatus
        /// The longest round trip of a check; nil where none was made.
        package let latency: Duration?
    }

    /// A point as it is kept, small.
    private struct Mark: Equatable {
        /// Minutes since 1970.
        var minute: UInt32
        /// Microseconds; `UInt32.max` where nothing was measured.
        var latency: UInt32
        var status: SourceStatus
    }

    private var marks: [Mark] = []

    package init() {}

    /// The minutes in which there was news, the oldest first.
    package var points: [Point] {
        marks.map { mark in
            Point(
                at: Date(timeIntervalSince1970: Double(mark.minute) * 60), status: mark.status,
                latency: mark.latency == .max ? nil : .microseconds(Int64(mark.latency)))
        }
    }

    /// Takes up what was seen at a time. A clock that was set back adds to the last minute.
    mutating func note(_ status: SourceStatus, latency: Duration?, at date: Date) {
        let minute = UInt32(clamping: Int64((date.timeIntervalSince1970 / 60).rounded(.down)))
        let mark = Mark(minute: minute, latency: latency.map(Self.microseconds) ?? .max, status: status)
        guard let last = marks.last, mark.minute <= last.minute else {
            if marks.count == Self.capacity { marks.removeFirst() }
            marks.append(mark)
            return
        }
        if mark.status.gravity > last.status.gravity { marks[marks.count - 1].status = mark.status }
        if mark.latency != .max, last.latency == .max || mark.latency > last.latency {
            marks[marks.count - 1].latency = mark.latency
        }
    }

    private static func microseconds(_ duration: Duration) -> UInt32 {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, seconds < 4000 else { return seconds < 0 ? 0 : .max - 1 }
        return UInt32(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    }
}

extension SourceStatus {
    /// Which of two states a minute is remembered by.
    fileprivate var gravity: Int {
        switch self {
        case .draft: 0
        case .connected: 1
        case .reconnecting: 2
        case .failed: 3
        }
    }
}
