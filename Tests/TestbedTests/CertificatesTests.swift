import Testbed
import Testing

@Suite struct CertificatesTests {
    @Test(
        "Every server certificate comes with its chain and its key in two forms",
        arguments: Certificates.Server.allCases)
    func forms(kind: Certificates.Server) {
        let identity = Certificates.shared.server(kind)
        let certificates = identity.chainPEM.components(of: "BEGIN CERTIFICATE")
        #expect(certificates == (kind == .chained ? 2 : 1))
        #expect(identity.key.pkcs8.contains("BEGIN PRIVATE KEY"))
        #expect(identity.key.traditional.contains(kind == .goodRSA ? "BEGIN RSA PRIVATE KEY" : "BEGIN EC PRIVATE KEY"))
    }
}

extension String {
    fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
