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
