import CExpat
import SourceModel

/// What is told of an XML document while it is read.
protocol XMLEvents: AnyObject {
    func begin(_ name: XMLName, _ attributes: XMLAttributes) throws
    func end(_ name: XMLName) throws
    /// Characters, in pieces.
    func text(_ bytes: UnsafeRawBufferPointer) throws
}

/// An element's or attribute's name without its prefix: whoever writes workbooks is free in those.
struct XMLName {
    let characters: UnsafePointer<UInt8>

    @inline(__always)
    init(_ name: UnsafePointer<CChar>) {
        let start = UnsafeRawPointer(name).assumingMemoryBound(to: UInt8.self)
        var (local, index) = (start, 0)
        while start[index] != 0 {
            if start[index] == UInt8(ascii: ":") { local = start + index + 1 }
            index += 1
        }
        characters = local
    }

    /// The name, where it has one letter; 0 where it has more.
    @inline(__always)
    var letter: UInt8 { characters[0] != 0 && characters[1] == 0 ? characters[0] : 0 }

    @inline(__always)
    static func == (name: XMLName, text: StaticString) -> Bool {
        // A static string ends with a NUL, too.
        var index = 0
        let wanted = text.utf8Start
        while name.characters[index] == wanted[index] {
            if wanted[index] == 0 { return true }
            index += 1
        }
        return false
    }

    static func ~= (text: StaticString, name: XMLName) -> Bool { name == text }
}

/// An element's attributes, for as long as its beginning is told.
struct XMLAttributes {
    fileprivate let list: UnsafeMutablePointer<UnsafePointer<CChar>?>?

    /// An attribute's value, which ends with a NUL.
    @inline(__always)
    subscript(bytes name: StaticString) -> UnsafePointer<UInt8>? {
        guard let list else { return nil }
        var index = 0
        while let key = list[index] {
            if XMLName(key) == name {
                return list[index + 1].map { UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self) }
            }
            index += 2
        }
        return nil
    }

    subscript(name: StaticString) -> String? { self[bytes: name].map { String(cString: $0) } }

    /// Goes through all, with one look at each.
    @inline(__always)
    func forEach(_ body: (XMLName, UnsafePointer<UInt8>) throws -> Void) rethrows {
        guard let list else { return }
        var index = 0
        while let key = list[index], let value = list[index + 1] {
            try body(XMLName(key), UnsafeRawPointer(value).assumingMemoryBound(to: UInt8.self))
            index += 2
        }
    }

    func flag(_ name: StaticString) -> Bool {
        guard let text = self[name] else { return false }
        return text == "1" || text == "true"
    }
}

/// Reads a part of a workbook as XML, without a document type: there are no entities but the five.
enum XMLDocument {
    /// One tag, or one piece of text without a line break, has so many bytes at most.
    private static let tokenLimit = 4 << 20
    private static let depthLimit = 100

    /// What the document breaks.
    private struct Breach: Error {
        var what: String
    }

    /// Reads a part.
    ///
    /// - Parameter reading: told how many bytes were read.
    /// - Throws: `SourceFailure`, or what `events` and `reading` throw.
    static func read(
        _ part: ZipArchive.Part, of archive: ZipArchive, named file: String, _ reading: TabularReading,
        _ events: any XMLEvents
    ) throws {
        guard let parser = XML_ParserCreate(nil) else {
            throw SourceFailure(
                .open, .fileTooLarge, "\(file) cannot be read: there is no memory for it.", hint: "Try again later.")
        }
        defer { XML_ParserFree(parser) }
        let listener = UnsafeMutablePointer<Listener>.allocate(capacity: 1)
        listener.initialize(to: Listener(parser, events))
        defer {
            listener.deinitialize(count: 1)
            listener.deallocate()
        }
        listen(listener, to: parser)
        var fed = 0
        do {
            try archive.read(part) { bytes in
                try reading.advance(by: bytes.count)
                try parse(bytes, by: parser, listener, isLast: false)
                fed += bytes.count
                guard fed - Int(XML_GetCurrentByteIndex(parser)) <= tokenLimit else {
                    throw Breach(what: "a tag or text of more than \(tokenLimit >> 20) MiB")
                }
            }
            try parse(UnsafeRawBufferPointer(start: nil, count: 0), by: parser, listener, isLast: true)
        } catch let breach as Breach {
            throw SourceFailure(
                .open, .fileMalformed, "\(file) is damaged: the part \(part.name) has \(breach.what).",
                hint: "Save the workbook anew with a spreadsheet program.")
        }
    }

    private static func listen(_ listener: UnsafeMutablePointer<Listener>, to parser: XML_Parser) {
        XML_SetUserData(parser, listener)
        XML_SetElementHandler(
            parser,
            { context, name, attributes in
                guard let context, let name else { return }
                context.assumingMemoryBound(to: Listener.self).pointee.begin(name, attributes)
            },
            { context, name in
                guard let context, let name else { return }
                context.assumingMemoryBound(to: Listener.self).pointee.end(name)
            })
        XML_SetCharacterDataHandler(parser) { context, text, count in
            guard let context else { return }
            context.assumingMemoryBound(to: Listener.self).pointee
                .text(UnsafeRawBufferPointer(start: text, count: Int(count)))
        }
        XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in
            guard let context else { return }
            context.assumingMemoryBound(to: Listener.self).pointee.stop(Breach(what: "a document type"))
        }
    }

    private static func parse(
        _ bytes: UnsafeRawBufferPointer, by parser: XML_Parser, _ listener: UnsafeMutablePointer<Listener>,
        isLast: Bool
    ) throws {
        let status = XML_Parse(
            parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(bytes.count), isLast ? 1 : 0)
        if let failure = listener.pointee.failure { throw failure }
        guard status == XML_STATUS_OK else {
            let what = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "a fault"
            throw Breach(
                what: "a fault in line \(XML_GetCurrentLineNumber(parser)), column "
                    + "\(XML_GetCurrentColumnNumber(parser) + 1): \(what)")
        }
    }

    /// What the parser calls. It is a structure at a fixed place because there are millions of calls: an object would be
    /// retained, and each of its properties guarded, in every one.
    private struct Listener {
        private let parser: XML_Parser
        private let events: any XMLEvents
        private var depth = 0
        /// What stopped the parser.
        private(set) var failure: (any Error)?

        init(_ parser: XML_Parser, _ events: any XMLEvents) { (self.parser, self.events) = (parser, events) }

        mutating func stop(_ error: any Error) {
            guard failure == nil else { return }
            failure = error
            XML_StopParser(parser, 0)
        }

        mutating func begin(_ name: UnsafePointer<CChar>, _ list: UnsafeMutablePointer<UnsafePointer<CChar>?>?) {
            // An event may still come after the parser was told to stop.
            guard failure == nil else { return }
            depth += 1
            do {
                guard depth <= XMLDocument.depthLimit else {
                    throw Breach(what: "more than \(XMLDocument.depthLimit) tags in each other")
                }
                try events.begin(XMLName(name), XMLAttributes(list: list))
            } catch {
                stop(error)
            }
        }

        mutating func end(_ name: UnsafePointer<CChar>) {
            guard failure == nil else { return }
            depth -= 1
            do { try events.end(XMLName(name)) } catch { stop(error) }
        }

        mutating func text(_ bytes: UnsafeRawBufferPointer) {
            guard failure == nil else { return }
            do { try events.text(bytes) } catch { stop(error) }
        }
    }
}
