import NIOCore
import NIOSSL
import SourceModel
import Synchronization

/// Makes the context of a TLS connection. Client keys are parsed once and kept, the least recently used one goes.
final class TLSMaterial: Sendable {
    private struct Entry {
        let identity: ClientIdentity
        let chain: [NIOSSLCertificateSource]
        let key: NIOSSLPrivateKeySource
    }

    private let bound: Int
    private let entries = Mutex<[Entry]>([])

    init(bound: Int = 64) { self.bound = bound }

    /// A context for one connection; it is cheap because it loads no trust store: `PeerJudge` judges.
    /// - Parameter certificateRequested: called on the event loop when the server asks for a client certificate.
    func context(
        for identity: ClientIdentity?, _ profile: TLSProfile = TLSProfile(),
        certificateRequested: @escaping @Sendable () -> Void
    ) throws(SourceFailure) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.maximumTLSVersion = profile.carrier == nil ? nil : .tlsv12
        configuration.applicationProtocols = profile.applicationProtocols
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates([])
        configuration.verifySignatureAlgorithms = [
            .ecdsaSecp256R1Sha256, .ed25519, .rsaPssRsaeSha256, .rsaPkcs1Sha256, .ecdsaSecp384R1Sha384,
            .rsaPssRsaeSha384, .rsaPkcs1Sha384, .ecdsaSecp521R1Sha512, .rsaPssRsaeSha512, .rsaPkcs1Sha512,
        ]
        configuration.shutdownTimeout = .seconds(1)
        configuration.sslContextCallback = { _, promise in
            certificateRequested()
            promise.succeed(.noChanges)
        }
        do {
            if let identity {
                let entry = try entry(for: identity)
                configuration.certificateChain = entry.chain
                configuration.privateKey = entry.key
            }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw SourceFailure(
                .validate, .invalidKey, "The client certificate and its key cannot be used for TLS.",
                hint: "Set certificate and keyfile to an RSA, ECDSA or Ed25519 certificate and its key.",
                cause: String(describing: type(of: error)))
        }
    }

    private func entry(for identity: ClientIdentity) throws -> Entry {
        let known = entries.withLock { entries -> Entry? in
            guard let index = entries.firstIndex(where: { $0.identity == identity }) else { return nil }
            let entry = entries.remove(at: index)
            entries.append(entry)
            return entry
        }
        if let known { return known }
        let chain = try identity.chain.map {
            NIOSSLCertificateSource.certificate(try NIOSSLCertificate(bytes: $0, format: .der))
        }
        let key = try identity.key.withUTF8 { try NIOSSLPrivateKey(bytes: Array($0), format: .pem) }
        let entry = Entry(identity: identity, chain: chain, key: .privateKey(key))
        entries.withLock { entries in
            entries.append(entry)
            if entries.count > bound { entries.removeFirst() }
        }
        return entry
    }
}
