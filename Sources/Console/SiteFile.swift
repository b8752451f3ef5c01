import Crypto
import NIOCore
import SourceModel

/// One file of the site, with what its answer's head says of it.
struct SiteFile: Sendable {
    let name: String
    let content: ByteBuffer
    /// The strong entity tag: a digest of the content.
    let tag: String

    init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        content = ByteBuffer(bytes: bytes)
        tag = "\"\(SHA256.hash(data: bytes).prefix(12).hexadecimal)\""
    }

    /// The media type, by the name's ending.
    var contentType: String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }

    /// Every file in `Site/`, as it was when the program was built.
    static let all: [SiteFile] = [
        SiteFile("index.html", PackageResources.index_html),
        SiteFile("icon.svg", PackageResources.icon_svg),
        SiteFile("base.css", PackageResources.base_css),
        SiteFile("parts.css", PackageResources.parts_css),
        SiteFile("path.css", PackageResources.path_css),
        SiteFile("main.js", PackageResources.main_js),
        SiteFile("dom.js", PackageResources.dom_js),
        SiteFile("api.js", PackageResources.api_js),
        SiteFile("signin.js", PackageResources.signin_js),
        SiteFile("list.js", PackageResources.list_js),
        SiteFile("form.js", PackageResources.form_js),
        SiteFile("fields.js", PackageResources.fields_js),
        SiteFile("scheme.js", PackageResources.scheme_js),
        SiteFile("address.js", PackageResources.address_js),
        SiteFile("testing.js", PackageResources.testing_js),
        SiteFile("path.js", PackageResources.path_js),
        SiteFile("source.js", PackageResources.source_js),
        SiteFile("chart.js", PackageResources.chart_js),
        SiteFile("schema.js", PackageResources.schema_js),
        SiteFile("query.js", PackageResources.query_js),
        SiteFile("dialog.js", PackageResources.dialog_js),
        SiteFile("text.js", PackageResources.text_js),
        SiteFile("docs.html", PackageResources.docs_html),
        SiteFile("docs.css", PackageResources.docs_css),
        SiteFile("docs.js", PackageResources.docs_js),
        SiteFile("operation.js", PackageResources.operation_js),
        SiteFile("shape.js", PackageResources.shape_js),
        SiteFile("trial.js", PackageResources.trial_js),
    ]
}
