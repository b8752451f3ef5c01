extension Record {
    /// The label of a record that was given none: its driver and the last eight characters of its identifier.
    package static func defaultName(driver: DriverKind, id: RecordID) -> String {
        "\(driver.rawValue)-\(id.text.suffix(8))"
    }
}
