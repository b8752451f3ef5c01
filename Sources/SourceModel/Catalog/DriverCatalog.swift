/// What `GET /drivers` tells: each driver, complete enough to build a form from.
package enum DriverCatalog {
    /// The drivers in the order in which they are shown.
    package static let drivers: [DriverDescription] = DriverKind.allCases.map { DriverDescription($0) }
}

/// One driver: its fields, what they default to, the security schemes and the options that it takes.
package struct DriverDescription: Sendable, Equatable {
    package let driver: DriverKind
    package let fields: [FieldDescription]
    package let schemes: [SchemeName]
    package let options: [OptionSpec]
    /// How a first statement looks.
    package var statement: StatementForm { StatementForm(driver) }

    /// The name in bodies.
    package var name: String { driver.rawValue }
    /// The name that people use in a sentence.
    package var displayName: String { driver.displayName }
    /// Further spellings of the name.
    package var aliases: [String] { driver.aliases }
    /// The port that holds where neither it nor `ssl` is set; nil for files.
    package var defaultPort: Int? { driver.isServer ? driver.defaultPort(ssl: false) : nil }

    init(_ driver: DriverKind) {
        self.driver = driver
        fields = FieldDescription.all(of: driver)
        schemes = SchemeName.all(of: driver)
        options = OptionSpec.all(of: driver)
    }
}
