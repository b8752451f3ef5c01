/// Why a pasted key or certificate cannot be taken. Never holds a part of what was pasted.
struct PasteProblem: Error, Equatable {
    let code: FailureCode
    let message: String
    let hint: String

    init(_ code: FailureCode, _ message: String, hint: String) {
        self.code = code
        self.message = message
        self.hint = hint
    }
}

/// What a field for pasted texts wants to hold.
enum PasteKind {
    case privateKey, certificate

    /// The code for a text that is something else.
    var code: FailureCode {
        switch self {
        case .privateKey: .invalidKey
        case .certificate: .invalidCertificate
        }
    }

    var noun: String {
        switch self {
        case .privateKey: "a private key"
        case .certificate: "a certificate"
        }
    }

    /// The marker that the right text begins with.
    var marker: String {
        switch self {
        case .privateKey: "-----BEGIN … PRIVATE KEY-----"
        case .certificate: "-----BEGIN CERTIFICATE-----"
        }
    }
}
