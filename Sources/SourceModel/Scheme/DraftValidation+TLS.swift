extension DraftValidation {
    /// What the data source's own connection is wrapped in.
    mutating func encryption(host: String) -> Encryption {
        guard draft.flag(.ssl) == true else {
            refuseUnusedTLS()
            return .plain
        }
        let trust = trust(host: host)
        switch (draft.text(.certificate), draft.secret(.keyfile)) {
        case (nil, nil): return .tls(trust)
        case (.some, nil):
            complaints.add(
                .keyfile, .missingField,
                "keyfile is missing: certificate is set, and each is of no use without the other.",
                hint: "Set keyfile to the private key of certificate, or remove certificate.")
        case (nil, .some):
            complaints.add(
                .certificate, .missingField,
                "certificate is missing: keyfile is set, and each is of no use without the other.",
                hint: "Set certificate to the certificate that belongs to keyfile, or remove keyfile.")
        case (let certificate?, let keyfile?):
            if let identity = ClientIdentity.read(
                certificate: certificate, keyfile: keyfile, complaints: &complaints)
            {
                return .mutualTLS(trust, identity)
            }
        }
        return .tls(trust)
    }

    private mutating func trust(host: String) -> ServerTrust {
        let mode = mode()
        var serverName = host
        if let sent = draft.text(.sslServerName) { serverName = self.host(sent, .sslServerName, nil) }
        var anchors: [[UInt8]]?
        if let sent = draft.text(.sslCA) {
            if mode == .require {
                complaints.add(
                    .sslCA, .conflictingFields, "sslMode is require, which trusts anyone, and sslCA is set.",
                    hint: "Set sslMode to verify-full or verify-ca, or remove sslCA.")
            } else {
                do throws(PasteProblem) {
                    anchors = try CertificateText.read(sent, of: .sslCA).map(\.der)
                } catch {
                    complaints.add(.sslCA, error)
                }
            }
        }
        return ServerTrust(mode: mode, anchors: anchors, serverName: serverName)
    }

    private mutating func mode() -> ServerTrust.Mode {
        guard let sent = draft.text(.sslMode) else { return .verifyFull }
        if let mode = ServerTrust.Mode(spelling: sent) { return mode }
        let known = ServerTrust.Mode.allCases.map(\.rawValue)
        let nearest = NearestName.to(sent, among: known)
        complaints.add(
            .sslMode, .invalidField,
            "sslMode is \(sent.quoted)\(nearest.map { "; the nearest is \($0)" } ?? "").",
            hint: "Set sslMode to \(known.alternatives).")
        return .verifyFull
    }

    /// Without `ssl` its companions say two things at once; with `ssl: false` they wait, but for `sslMode`, which only
    /// somebody sends who believes that TLS is on.
    private mutating func refuseUnusedTLS() {
        let isSaid = draft.flag(.ssl) != nil
        let companions: [Field] = isSaid ? [.sslMode] : [.sslCA, .certificate, .keyfile, .sslMode, .sslServerName]
        for field in companions where draft.values[field] != nil {
            let name = field.rawValue
            complaints.add(
                field, .conflictingFields, "\(name) is set but ssl is \(isSaid ? "false" : "not").",
                hint: "Set ssl to true to connect by TLS, or remove \(name).")
        }
    }
}

extension ServerTrust.Mode {
    /// Reads the three values in any case.
    init?(spelling: String) {
        let wanted = spelling.trimmedBlanks.lowercased()
        guard let mode = ServerTrust.Mode.allCases.first(where: { $0.rawValue == wanted }) else { return nil }
        self = mode
    }
}
