import Hummingbird
import NIOCore

/// The OpenAPI 3.1 document that describes this service: `openapi.json` beside this file, part of the program.
package enum OpenAPIDocument {
    /// The program's version, as the document says it.
    package static let version = "1.0.0"

    /// The document's text.
    package static let bytes: [UInt8] = PackageResources.openapi_json

    static var response: Response {
        Response(
            status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
