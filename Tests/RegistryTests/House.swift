import Foundation
import Registry
import SourceModel
import Testbed
import Vault

/// A data directory of one test, with the vault that its records are sealed by.
struct House {
    let folder = Workspace.makeFolder(for: "registry").appending(path: "data", directoryHint: .isDirectory)
    let vault = Vault(key: .make())

    func open() throws(RegistryError) -> Registry { try Registry.open(folder, vault: vault) }

    /// The files there, by name.
    func files() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            files[name] = try Data(contentsOf: folder.appending(path: name))
        }
        return files
    }

    /// The files that hold a text in clear, or in base64.
    func files(with text: String) throws -> [String] {
        let wanted = [Data(text.utf8), Data(Data(text.utf8).base64EncodedString().prefix(20).utf8)]
        return try files().filter { file in wanted.contains { file.value.range(of: $0) != nil } }.keys.sorted()
    }
}

/// Records to store.
enum Sample {
    static let day = Date(timeIntervalSinceReferenceDate: 785_000_000.123_456_7)

    /// Every secret that `record` carries, one line each where it has several.
    static let marks = [
        "MARK-password-p@ss:w/rd", "MARK-keyfile-first-line", "MARK-keyfile-second-line", "MARK-sshPassword-\u{1F511}",
        "MARK-sshIdentity-line",
    ]

    static func record(_ number: Int, name: String? = nil, revision: Int = 1) -> Record {
        var random = SystemRandomNumberGenerator()
        let id = RecordID.make(milliseconds: UInt64(1_764_000_000_000 + number), random: &random)
        let draft = DataSourceDraft(values: [
            .driver: .text("postgres"), .host: .text("db.test"), .port: .text("5432"), .username: .text("reader \"é\""),
            .password: .secret(Secret(marks[0])), .keyfile: .secret(Secret("\(marks[1])\n\(marks[2])\n")),
            .sshPassword: .secret(Secret(marks[3])), .sshIdentity: .secret(Secret(marks[4])),
            .certificate: .text("-----BEGIN CERTIFICATE-----\n"), .ssl: .flag(true), .ssh: .flag(false),
            .options: .options([
                "poolMax": .number(8), "applicationName": .text("1"), "poolMin": .number(1), "strict": .flag(true),
            ]),
        ])
        return Record(
            id: id, name: name ?? "source \(number)", draft: draft, publishedAt: number.isMultiple(of: 2) ? day : nil,
            createdAt: day, updatedAt: day.addingTimeInterval(1.0 / 3), createdBy: "ada", updatedBy: "grace",
            revision: revision)
    }
}

extension Record {
    func named(_ name: String) -> Record {
        var record = self
        record.name = name
        return record
    }
}
