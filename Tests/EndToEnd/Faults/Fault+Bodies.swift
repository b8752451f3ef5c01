import Foundation
import Testbed

extension Fault {
    private static let postgres: JSON = [
        "driver": "postgres", "host": "127.0.0.1", "port": "1", "username": "ann", "database": "shop",
    ]

    private static func refused(_ name: String, _ code: String, _ fields: [String: JSON]) -> Fault {
        Fault(name, "validate", code, status: 400, body: { _ in postgres.with(fields) })
    }

    private static func identity(_ name: String, _ code: String, _ kind: SSHKeys.Kind, _ password: JSON) -> Fault {
        Fault(
            name, "validate", code, status: 400,
            body: { ground in
                try ground.behindBastion([
                    "sshIdentity": .text(ground.keys.key(kind).privateText), "sshPassword": password,
                ])
            })
    }

    /// What is refused before anything is dialled.
    static let ofBodies: [Fault] = [
        Fault("no host", "validate", "missing_field", status: 400, body: { _ in ["driver": "postgres"] }),
        refused("a port beyond all ports", "invalid_field", ["port": 99_999]),
        refused("a misspelt field", "unknown_field", ["pasword": "x"]),
        refused("SSH fields without ssh", "conflicting_fields", ["sshHost": "bastion"]),
        refused("a driver that nobody knows", "unsupported_driver", ["driver": "oracle"]),
        Fault("a public key as identity", "validate", "invalid_key", status: 400) { ground in
            Scene(body: try ground.behindBastion(["sshIdentity": .text(ground.keys.key(.rsa).publicLine)]))
        },
        refused(
            "a key as certificate authority", "invalid_certificate",
            ["ssl": true, "sslCA": .text(Certificates.shared.server(.good).keyPEM)]),
        refused(
            "a certificate with another one's key", "certificate_key_mismatch",
            [
                "ssl": true, "certificate": .text(Certificates.shared.server(.good).chainPEM),
                "keyfile": .text(Certificates.shared.server(.goodRSA).keyPEM),
            ]),
        identity("an encrypted identity without passphrase", "key_passphrase_required", .ed25519Encrypted, .null),
        identity("an encrypted identity with a wrong one", "key_passphrase_wrong", .rsaEncrypted, "wrong"),
    ]

    /// What the csv and the excel driver meet.
    static let ofFiles: [Fault] = [
        file("a file that is not there", "file_not_found", "nothing.csv"),
        file("a file outside of the directory", "file_forbidden", "../admin.token"),
        file("a file whose quotes do not end", "file_malformed", "quotes.csv", holding: "a,b\n1,\"2\n"),
        file("an empty file", "file_malformed", "empty.csv", holding: ""),
        workbook("a workbook with a password", "file_forbidden", "secret.xlsx") {
            try SampleWorkbook.encrypted.bytes
        },
        workbook("a workbook that is cut off", "file_malformed", "short.xlsx") {
            try SampleWorkbook.openpyxl.bytes.dropLast(1000)
        },
        workbook("a CSV file under a workbook's name", "file_malformed", "text.xlsx") { Data("a,b\n1,2\n".utf8) },
        Fault("a file beyond the limit", "open", "file_too_large") { ground in
            let file = ground.service.data.appending(path: "files/large.csv").path
            // A hole of a tebibyte takes no room.
            try await Command.check(["truncate", "--size=1T", file])
            return Scene(
                body: ["driver": "csv", "database": "large.csv"],
                end: { try FileManager.default.removeItem(atPath: file) })
        },
    ]

    private static func file(_ name: String, _ code: String, _ path: String, holding text: String) -> Fault {
        Fault(name, "open", code) { ground in
            try Data(text.utf8).write(to: ground.service.data.appending(path: "files/\(path)"))
            return Scene(body: ["driver": "csv", "database": .text(path)])
        }
    }

    private static func workbook(
        _ name: String, _ code: String, _ path: String, _ bytes: @escaping @Sendable () throws -> Data
    ) -> Fault {
        Fault(name, "open", code) { ground in
            try bytes().write(to: ground.service.data.appending(path: "files/\(path)"))
            return Scene(body: ["driver": "excel", "database": .text(path)])
        }
    }

    private static func file(_ name: String, _ code: String, _ path: String) -> Fault {
        Fault(name, "open", code, body: { _ in ["driver": "csv", "database": .text(path)] })
    }
}
