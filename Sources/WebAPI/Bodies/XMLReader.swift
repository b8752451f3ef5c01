import Foundation
import FoundationXML
import SourceModel

/// Reads one XML document whose root holds the fields as elements. No DTD, so no entities but the five and the numeric
/// ones; depth and number of elements bounded.
enum XMLReader {
    /// Elements in one body.
    static let maximumElements = 1_000

    static func object(in bytes: [UInt8]) throws(SourceFailure) -> [String: BodyValue] {
        try refuseDocumentType(in: bytes)
        let builder = TreeBuilder()
        let parser = XMLParser(data: Data(bytes))
        parser.shouldProcessNamespaces = false
        parser.shouldResolveExternalEntities = false
        parser.delegate = builder
        let parsed = parser.parse()
        if let refusal = builder.refusal { throw refusal }
        guard parsed, parser.parserError == nil, let root = builder.root else {
            throw .body(
                "The body is not well-formed XML, at line \(parser.lineNumber).",
                hint: "Check that every element is closed, and write & as &amp; and < as &lt;.")
        }
        switch root {
        case .object(let fields): return fields
        case .text(let text) where text.trimmed.isEmpty: return [:]
        default:
            throw .body(
                "The XML root holds text where elements are expected.",
                hint: "Write one element a field inside the root, such as <driver>mysql</driver>.")
        }
    }

    /// Looks at the prolog alone: a document type is allowed nowhere else (XML 1.0, section 2.8).
    private static func refuseDocumentType(in bytes: [UInt8]) throws(SourceFailure) {
        var rest = bytes[...]
        while true {
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
            if rest.starts(with: Array("<?".utf8)) {
                guard let end = rest.firstRange(of: Array("?>".utf8)) else { return }
                try refuseEncoding(in: rest[..<end.upperBound])
                rest = rest[end.upperBound...]
            } else if rest.starts(with: Array("<!--".utf8)) {
                guard let end = rest.firstRange(of: Array("-->".utf8)) else { return }
                rest = rest[end.upperBound...]
            } else if rest.starts(with: Array("<!".utf8)) {
                throw .body(
                    "The XML body has a document type, which is not read.",
                    hint: "Leave out <!DOCTYPE …> and its entities.")
            } else {
                return
            }
        }
    }

    private static func refuseEncoding(in declaration: ArraySlice<UInt8>) throws(SourceFailure) {
        let text = String(decoding: declaration, as: UTF8.self)
        guard text.hasPrefix("<?xml"), let range = text.firstRange(of: "encoding") else { return }
        let value = text[range.upperBound...].drop { $0 == "=" || $0.isWhitespace }
        guard let quote = value.first, quote == "\"" || quote == "'" else { return }
        let name = value.dropFirst().prefix { $0 != quote }.lowercased()
        guard ["utf-8", "utf8", "us-ascii"].contains(name) else {
            throw .body(
                "The XML body declares the encoding \(SourceFailure.quoted(name)).", hint: "Encode it as UTF-8.")
        }
    }
}

/// Builds the tree from the parser's events; used by one call on one thread.
private final class TreeBuilder: NSObject, XMLParserDelegate {
    private struct Node {
        var name: String
        var text = ""
        var children: [String: BodyValue] = [:]
        var isNil = false
    }

    private var open: [Node] = []
    private var elements = 0
    private(set) var root: BodyValue?
    private(set) var refusal: SourceFailure?

    private func refuse(_ failure: SourceFailure, _ parser: XMLParser) {
        if refusal == nil { refusal = failure }
        parser.abortParsing()
    }

    func parser(
        _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        guard root == nil else {
            return refuse(.body("The XML body has more than one root.", hint: "Send one element around all."), parser)
        }
        elements += 1
        guard open.count < BodyLimits.depth, elements <= XMLReader.maximumElements else {
            return refuse(
                .body(
                    "The XML body has too many elements or nests them too deeply.",
                    hint: "Write one element a field, and only options with elements inside."), parser)
        }
        var node = Node(name: elementName)
        node.isNil = ["true", "1"].contains(attributes["xsi:nil"] ?? attributes["nil"])
        open.append(node)
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        guard !open.isEmpty else { return }
        open[open.count - 1].text += string
    }

    func parser(_ parser: XMLParser, foundCDATA block: Data) {
        guard !open.isEmpty else { return }
        open[open.count - 1].text += String(decoding: block, as: UTF8.self)
    }

    func parser(
        _ parser: XMLParser, didEndElement elementName: String, namespaceURI: String?, qualifiedName: String?
    ) {
        guard let node = open.popLast() else { return }
        let value: BodyValue
        if node.isNil {
            value = .null
        } else if node.children.isEmpty {
            value = .text(node.text)
        } else if node.text.trimmed.isEmpty {
            value = .object(node.children)
        } else {
            return refuse(
                .body(
                    "The XML element \(SourceFailure.quoted(node.name)) mixes text and elements.",
                    hint: "Put either text or elements inside."), parser)
        }
        guard !open.isEmpty else {
            root = value
            return
        }
        if open[open.count - 1].children.updateValue(value, forKey: node.name) != nil {
            refuse(.repeated(node.name), parser)
        }
    }
}
