import SourceModel

/// Drafts that are right, to be spoilt by the tests.
enum Sample {
    static let plain: [Field: FieldValue] = [
        .driver: .text("postgres"), .host: .text("db.test"), .username: .text("reader"),
        .password: .secret(Secret("p@ss:w/rd")), .database: .text("shop"),
    ]

    static func draft(_ changes: [Field: FieldValue] = [:]) -> DataSourceDraft {
        DataSourceDraft(values: plain.merging(changes) { $1 })
    }

    static func tls(_ changes: [Field: FieldValue] = [:]) -> DataSourceDraft {
        draft([.ssl: .flag(true)].merging(changes) { $1 })
    }

    static func ssh(_ changes: [Field: FieldValue] = [:]) -> DataSourceDraft {
        draft(
            [.ssh: .flag(true), .sshHost: .text("bastion.test"), .sshUsername: .text("tunnel")].merging(changes) { $1 })
    }
}
