import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing
import WebAPI

@testable import Console

@Suite("The console's files")
struct ConsoleTests {
    private func serving(_ body: @Sendable @escaping (any TestClientProtocol) async throws -> Void) async throws {
        let router = Router(context: WebContext.self, options: [.autoGenerateHeadEndpoints])
        Console().add(to: router)
        try await Application(router: router).test(.router) { client in try await body(client) }
    }

    private static func text(_ file: SiteFile) -> String { String(buffer: file.content) }

    /// The folder as it lies in the sources.
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources/Console/Site")

    @Test("Every file of the folder is served, as it is and without a token")
    func served() async throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(names) == Set(Console().names))
        try await serving { client in
            for name in names {
                let response = try await client.execute(uri: "/console/\(name)", method: .get)
                #expect(response.status == .ok)
                let content = try Data(contentsOf: Self.folder.appending(path: name))
                let isSame = Data(response.body.readableBytesView) == content
                #expect(isSame, "\(name) is not what was embedded")
                #expect(response.headers[.contentType]?.hasPrefix("application/") == false, "\(name)")
                #expect(response.headers[.contentSecurityPolicy] == Console.contentSecurityPolicy)
            }
            let page = try await client.execute(uri: "/", method: .get)
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(String(buffer: page.body).contains("<main"))
            #expect(try await client.execute(uri: "/console/none.js", method: .get).status == .notFound)
            #expect(try await client.execute(uri: "/console/..%2fConsole.swift", method: .get).status == .notFound)
        }
    }

    @Test("HEAD has no body, and a browser that has the file is told so")
    func conditional() async throws {
        try await serving { client in
            let head = try await client.execute(uri: "/", method: .head)
            #expect(head.status == .ok)
            #expect(head.body.readableBytes == 0)
            let tag = try #require(head.headers[.eTag])
            for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                let again = try await client.execute(uri: "/", method: .get, headers: [.ifNoneMatch: known])
                #expect(again.status == .notModified)
                #expect(again.headers[.eTag] == tag)
                #expect(again.body.readableBytes == 0)
            }
            let other = try await client.execute(uri: "/", method: .get, headers: [.ifNoneMatch: "\"other\""])
            #expect(other.status == .ok)
        }
    }

    @Test("The policy lets nothing in but our own files, and nothing inline")
    func policy() {
        let policy = Console.contentSecurityPolicy
        #expect(policy.hasPrefix("default-src 'none'; "))
        for word in ["unsafe", "http:", "https:", "*", "blob:"] { #expect(!policy.contains(word), "\(word)") }
    }

    @Test(
        "Nothing in the files needs what the policy forbids, or could make markup of a name",
        arguments: Console().names)
    func restraint(name: String) throws {
        let file = try #require(SiteFile.all.first { $0.name == name })
        let text = Self.text(file)
        let forbidden = [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "localStorage",
            "<style", " style=", "onclick=", "onerror=", "javascript:", "@import",
        ]
        for word in forbidden { #expect(!text.contains(word), "\(file.name) has \(word)") }
        // The only address that may stand there is the name of a vocabulary.
        let addresses = text.components(separatedBy: "http").dropFirst()
        for part in addresses where part.hasPrefix("://") || part.hasPrefix("s://") {
            #expect(part.hasPrefix("://www.w3.org/2000/svg"), "\(file.name) names an address: http\(part.prefix(40))")
        }
    }

    @Test("Every module that is imported is there")
    func imports() {
        let names = Set(Console().names)
        for file in SiteFile.all where file.name.hasSuffix(".js") {
            for line in Self.text(file).components(separatedBy: "from \"./").dropFirst() {
                #expect(names.contains(String(line.prefix { $0 != "\"" })), "\(file.name) imports \(line.prefix(30))")
            }
        }
    }
}
