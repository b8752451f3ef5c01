import Gateway
import SourceModel
import Testing

@testable import WebAPI

@Suite("Errors as answers")
struct ErrorAnswerTests {
    @Test("A failed test's error has the contract's shape")
    func failedTest() {
        let failure = SourceFailure(
            .tls, .tlsHostnameMismatch, "The server's certificate is for db.internal, not for 10.0.0.7.",
            hint: "Set host to a name in the certificate, or sslServerName to db.internal.")
        let report = TestReport(
            ok: false, elapsed: .microseconds(41_700), warnings: [Warning(.passwordInClear, "In clear.")],
            stages: [
                .init(stage: .resolve, ok: true, elapsed: .microseconds(900), detail: "db.example.com is 10.0.0.7")
            ])
        let text = String(
            decoding: JSONWriter.bytes(of: ErrorAnswer(.failed(failure, report)).answer(requestID: "r")), as: UTF8.self)
        #expect(
            text == """
                {"code":422,"message":"The server's certificate is for db.internal, not for 10.0.0.7.",\
                "error":{"stage":"tls","code":"tls_hostname_mismatch",\
                "hint":"Set host to a name in the certificate, or sslServerName to db.internal.","server":null},\
                "report":{"ok":false,"elapsed_ms":41.7,\
                "warnings":[{"code":"password_in_clear","message":"In clear."}],\
                "stages":[{"stage":"resolve","ok":true,"ms":0.9,"detail":"db.example.com is 10.0.0.7"}]}}
                """)
    }

    @Test("An unknown error is a 500 that tells the request and nothing else")
    func unknownError() {
        struct Odd: Error { var secret = "s3cret" }
        let answer = ErrorAnswer(any: Odd())
        let text = String(decoding: JSONWriter.bytes(of: answer.answer(requestID: "abc")), as: UTF8.self)
        #expect(text == #"{"code":500,"message":"Error - Server Error (request abc)"}"#)
    }
}
