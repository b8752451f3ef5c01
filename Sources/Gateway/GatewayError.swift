import SourceModel

/// Why the gateway did not do what it was asked; the web turns each case into one status.
package enum GatewayError: Error, Sendable {
    /// The fields cannot be used as they were sent; nothing was dialled.
    case invalid(SourceFailure)
    /// The test failed; nothing was stored or changed.
    case failed(SourceFailure, TestReport)
    case notFound(RecordID)
    case nameTaken(String)
    /// Somebody else changed the record meanwhile.
    case changedMeanwhile(RecordID)
    /// The source is a draft, or is being taken away: there is no connection to ask.
    case notConnected(RecordID)
    /// No connection was free for so long; with how the source is doing.
    case busy(RecordID, Duration, LiveStatus)
    /// A query of this name runs already.
    case queryNameTaken(QueryID)
    /// A statement, or a question about the schema, failed.
    case statement(SourceFailure)
    /// The service cannot do this now, with the reason as a sentence.
    case unavailable(String)
    /// The registry failed; for the log, not for the caller.
    case storage(any Error)
}

/// A record and how it is doing.
package struct RecordView: Sendable {
    package var record: Record
    package var status: SourceStatus

    package init(record: Record, status: SourceStatus) {
        self.record = record
        self.status = status
    }
}

/// The outcome of a test that stores nothing.
package struct TestOutcome: Sendable {
    package var report: TestReport
    package var failure: SourceFailure?

    package init(report: TestReport, failure: SourceFailure?) {
        self.report = report
        self.failure = failure
    }
}
