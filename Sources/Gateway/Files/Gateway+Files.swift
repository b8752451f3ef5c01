import SourceModel

extension Gateway {
    /// The names of the records that read a file of the service's file directory.
    package func records(reading file: FileName) async throws(GatewayError) -> [String] {
        try await records().map(\.record).filter { record in
            // With a host, or through SSH, the path is one on another machine.
            guard let driver = record.draft.text(.driver).flatMap({ DriverKind(spelling: $0) }),
                driver == .csv || driver == .excel, record.draft.text(.host) == nil, record.draft.flag(.ssh) != true
            else { return false }
            let path = record.draft.text(.database)?.split(separator: "/").filter { $0 != "." }
            return path == [file.text[...]]
        }.map(\.name)
    }
}
