import Foundation
import SourceModel
import SwiftASN1
import Testing
import X509

@testable import Route

/// Certificates made by the recipes that people copy: they must not be refused needlessly.
@Suite("A certificate made with openssl")
struct RecipeTests {
    struct Recipe: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Shell lines that leave `server.pem` (a chain) and `ca.pem`.
        var script: String
        var mode = ServerTrust.Mode.verifyFull
        var code: FailureCode?
    }

    static let recipes = [
        Recipe(
            testDescription: "self-signed in one line, pinned",
            script: """
                openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out server.pem -subj /CN=db.test \
                    -addext subjectAltName=DNS:db.test
                cp server.pem ca.pem
                """),
        Recipe(
            testDescription: "PostgreSQL's manual, self-signed without a subjectAltName",
            script: """
                openssl req -new -x509 -days 365 -nodes -text -out server.pem -keyout k.pem -subj /CN=db.test
                cp server.pem ca.pem
                """, code: .tlsHostnameMismatch),
        Recipe(
            testDescription: "PostgreSQL's manual, with a root and an intermediate",
            script: """
                printf '[v3_ca]\\nsubjectKeyIdentifier=hash\\nbasicConstraints=critical,CA:true\\n' > ca.cnf
                openssl req -new -nodes -text -out root.csr -keyout root.key -subj /CN=root.test
                openssl x509 -req -in root.csr -text -days 3650 -extfile ca.cnf -extensions v3_ca \
                    -signkey root.key -out ca.pem
                openssl req -new -nodes -text -out mid.csr -keyout mid.key -subj /CN=intermediate.test
                openssl x509 -req -in mid.csr -text -days 1825 -extfile ca.cnf -extensions v3_ca -CA ca.pem \
                    -CAkey root.key -CAcreateserial -out mid.pem
                openssl req -new -nodes -text -out leaf.csr -keyout leaf.key -subj /CN=db.test
                openssl x509 -req -in leaf.csr -text -days 365 -CA mid.pem -CAkey mid.key -CAcreateserial -out leaf.pem
                cat leaf.pem mid.pem > server.pem
                """, mode: .verifyCA),
        Recipe(
            testDescription: "MySQL's and MariaDB's manual",
            script: """
                openssl genrsa 2048 > ca-key.pem
                openssl req -new -x509 -nodes -days 3600 -key ca-key.pem -out ca.pem -subj /CN=MySQL_CA
                openssl req -newkey rsa:2048 -nodes -keyout k.pem -out server.csr -subj /CN=db.test
                openssl x509 -req -in server.csr -days 3600 -CA ca.pem -CAkey ca-key.pem -set_serial 01 -out server.pem
                """, mode: .verifyCA),
        Recipe(
            testDescription: "an authority of version 1, as `openssl x509 -req -signkey` makes it",
            script: """
                openssl req -new -nodes -newkey rsa:2048 -keyout ca.key -out ca.csr -subj /CN=Old_CA
                openssl x509 -req -in ca.csr -signkey ca.key -days 30 -out ca.pem
                openssl req -new -nodes -newkey rsa:2048 -keyout k.pem -out s.csr -subj /CN=db.test
                openssl x509 -req -in s.csr -CA ca.pem -CAkey ca.key -set_serial 2 -days 30 -out server.pem
                """, mode: .verifyCA),
        Recipe(
            testDescription: "Ed25519 throughout",
            script: """
                openssl req -x509 -newkey ed25519 -nodes -keyout ca.key -out ca.pem -subj /CN=Ed_CA
                openssl req -new -newkey ed25519 -nodes -keyout k.pem -out s.csr -subj /CN=db.test
                printf 'subjectAltName=DNS:db.test' > san.cnf
                openssl x509 -req -in s.csr -CA ca.pem -CAkey ca.key -set_serial 2 -extfile san.cnf -out server.pem
                """),
        Recipe(
            testDescription: "ECDSA on P-384 and P-521",
            script: """
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -sha384 -nodes -keyout ca.key \
                    -out ca.pem \
                    -subj /CN=EC_CA
                openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-521 -nodes -keyout k.pem -out s.csr \
                    -subj /CN=db.test
                printf 'subjectAltName=DNS:db.test' > san.cnf
                openssl x509 -req -in s.csr -CA ca.pem -CAkey ca.key -sha384 -set_serial 2 -extfile san.cnf \
                    -out server.pem
                """),
        Recipe(
            testDescription: "signed with SHA-1",
            script: """
                openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=Weak_CA
                openssl req -new -newkey rsa:2048 -nodes -keyout k.pem -out s.csr -subj /CN=db.test
                openssl x509 -req -in s.csr -CA ca.pem -CAkey ca.key -sha1 -set_serial 2 -out server.pem
                """, mode: .verifyCA, code: .tlsUntrusted),
        Recipe(
            testDescription: "signed with RSA-PSS, which swift-certificates cannot read",
            script: """
                openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=PSS_CA
                openssl req -new -newkey rsa:2048 -nodes -keyout k.pem -out s.csr -subj /CN=db.test
                openssl x509 -req -in s.csr -CA ca.pem -CAkey ca.key -sigopt rsa_padding_mode:pss \
                    -set_serial 2 -out server.pem
                """, mode: .verifyCA, code: .tlsUntrusted),
    ]

    @Test("is judged as its makers expect", arguments: recipes)
    func recipe(_ recipe: Recipe) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "recipe-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try run("set -e\n" + recipe.script, in: folder)
        let chain = try certificates(folder.appending(path: "server.pem"))
        let anchors = try certificates(folder.appending(path: "ca.pem"))
        let trust = ServerTrust(mode: recipe.mode, anchors: anchors, serverName: "db.test")
        let failure = await PeerJudge(trust: trust, now: Date()).judge(chain).failure
        #expect(failure?.code == recipe.code, "\(failure?.debugDescription ?? "accepted")")
    }

    private func run(_ script: String, in folder: URL) throws {
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", script]
        shell.currentDirectoryURL = folder
        shell.standardError = FileHandle.nullDevice
        shell.standardOutput = FileHandle.nullDevice
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
    }

    private func certificates(_ file: URL) throws -> [[UInt8]] {
        try PEMDocument.parseMultiple(pemString: try String(contentsOf: file, encoding: .utf8)).map(\.derBytes)
    }
}
