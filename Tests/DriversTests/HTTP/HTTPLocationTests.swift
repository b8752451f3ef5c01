import Testing

@testable import Drivers

@Suite("Where a reference leads")
struct HTTPLocationTests {
    private let here = HTTPLocation(
        HTTPOrigin(isSecure: true, host: "a.test", port: 443), target: "/b/c/d;p?q")

    @Test(
        "References are resolved as RFC 3986, section 5.4, has them",
        arguments: [
            ("g", "https://a.test/b/c/g"), ("./g", "https://a.test/b/c/g"), ("g/", "https://a.test/b/c/g/"),
            ("/g", "https://a.test/g"), ("//g", "https://g/"), ("?y", "https://a.test/b/c/d;p?y"),
            ("g?y", "https://a.test/b/c/g?y"), ("#s", "https://a.test/b/c/d;p?q"), ("g#s", "https://a.test/b/c/g"),
            ("g?y#s", "https://a.test/b/c/g?y"), (";x", "https://a.test/b/c/;x"), ("", "https://a.test/b/c/d;p?q"),
            (".", "https://a.test/b/c/"), ("./", "https://a.test/b/c/"), ("..", "https://a.test/b/"),
            ("../g", "https://a.test/b/g"), ("../..", "https://a.test/"), ("../../g", "https://a.test/g"),
            ("../../../g", "https://a.test/g"), ("/./g", "https://a.test/g"), ("/../g", "https://a.test/g"),
            ("g.", "https://a.test/b/c/g."), ("..g", "https://a.test/b/c/..g"), ("./../g", "https://a.test/b/g"),
            ("g/./h", "https://a.test/b/c/g/h"), ("g/../h", "https://a.test/b/c/h"),
            ("g?y/../x", "https://a.test/b/c/g?y/../x"), ("%2e%2E/g", "https://a.test/b/g"),
            ("http://x.test", "http://x.test/"), ("HTTPS://X.Test:443/y", "https://x.test/y"),
            ("http://x.test:8080?z", "http://x.test:8080/?z"), ("https://[::1]:1/y", "https://[::1]:1/y"),
            ("/ü \u{01}", "https://a.test/%C3%BC%20%01"),
        ])
    func resolved(reference: String, whole: String) throws {
        let found = try #require(here.following(reference))
        #expect("\(found.origin)\(found.target)" == whole)
    }

    @Test(
        "What is no HTTP address, or holds a login, leads nowhere",
        arguments: [
            "ftp://x.test/", "file:///etc/passwd", "javascript:alert(1)", "http:/x", "http:x", "http://", "https://:1/",
            "http://user:secret@x.test/", "http://x.test:0/", "http://x.test:99999/", "http://x.test:1a/",
            "http://[::1",
            "http://a b/", "http://x.test\\@y.test/", "http://ü.test/", "//user@x.test/", "http://x_y,z/",
            "http://" + String(repeating: "a", count: 300) + "/", "/" + String(repeating: "a", count: 9000),
        ])
    func refused(reference: String) { #expect(here.following(reference) == nil) }

    @Test("An origin is shown and compared without what its scheme implies")
    func origins() {
        #expect(HTTPOrigin(isSecure: true, host: "X.test", port: 443).description == "https://x.test")
        #expect(HTTPOrigin(isSecure: false, host: "::1", port: 8080).authority == "[::1]:8080")
        #expect(HTTPOrigin(isSecure: false, host: "x", port: 443) != HTTPOrigin(isSecure: true, host: "x", port: 443))
    }
}
