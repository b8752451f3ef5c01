import NIOCore

/// A document of BSON: names and values in their order, kept as the bytes that go over the wire.
public struct BSONDocument: Hashable, Sendable {
    /// The bytes, with the length in front and the zero at the end. Their form has been checked, at any depth.
    public let bytes: ByteBuffer

    /// Takes bytes that are exactly one document.
    ///
    /// - Parameter strictTexts: whether texts that are not valid UTF-8 are refused; else they are read with U+FFFD in
    ///   place of what is not.
    public init(_ bytes: ByteBuffer, strictTexts: Bool = true) throws(BSONError) {
        // The closure of NIO's own throws untyped.
        let problem = bytes.withUnsafeReadableBytes { pointer -> BSONError? in
            do throws(BSONError) {
                try BSONWalker.check(pointer, strictTexts: strictTexts)
                return nil
            } catch {
                return error
            }
        }
        if let problem { throw problem }
        self.bytes = bytes
    }

    /// Bytes of a part of a checked document.
    init(checked bytes: UnsafeRawBufferPointer) { self.bytes = ByteBuffer(bytes: bytes) }

    /// Bytes that were written here.
    init(written bytes: ByteBuffer) { self.bytes = bytes }

    /// A document without elements.
    public init() { self = BSONWriter().finished() }

    /// A document of these elements.
    public init(_ elements: some Sequence<(name: String, value: BSONValue)>) {
        var writer = BSONWriter()
        for element in elements { writer.append(element.name, element.value) }
        self = writer.finished()
    }

    /// The document with further elements at its end.
    public func adding(_ elements: (name: String, value: BSONValue)...) -> BSONDocument {
        var writer = BSONWriter()
        writer.append(contentsOf: self)
        for element in elements { writer.append(element.name, element.value) }
        return writer.finished()
    }

    /// An array's document of these values.
    public static func list(_ values: some Sequence<BSONValue>) -> BSONDocument {
        BSONDocument(values.enumerated().map { (name: String($0.offset), value: $0.element) })
    }

    /// The first value of this name.
    public subscript(name: String) -> BSONValue? {
        var found: BSONValue?
        let wanted = Array(name.utf8)
        walk { element in
            guard element.name.elementsEqual(wanted) else { return true }
            found = BSONValue(element)
            return false
        }
        return found
    }

    /// The first document or array of this name, as a part of these bytes: nothing is copied.
    public func part(_ name: StaticString) -> BSONDocument? {
        let place = bytes.withUnsafeReadableBytes { pointer -> Range<Int>? in
            guard var walker = try? BSONWalker(pointer), let start = pointer.baseAddress else { return nil }
            while let element = try? walker.next() {
                guard element.isNamed(name), element.type == .document || element.type == .array,
                    let value = element.value.baseAddress
                else { continue }
                return (value - start)..<(value - start + element.value.count)
            }
            return nil
        }
        return place.flatMap { bytes.getSlice(at: bytes.readerIndex + $0.lowerBound, length: $0.count) }
            .map { BSONDocument(written: $0) }
    }

    /// Hands out elements from a place on, until the body says false.
    ///
    /// - Parameter position: where an earlier walk stopped; nil begins.
    /// - Returns: where to go on, after the last element that was handed out; nil where there are no more.
    public func walk(from position: Int?, _ body: (BSONElement) throws -> Bool) rethrows -> Int? {
        try bytes.withUnsafeReadableBytes { pointer in
            guard var walker = try? BSONWalker(pointer, from: position) else { return nil }
            while let element = try? walker.next() {
                guard try body(element) else { return walker.isAtEnd ? nil : walker.position }
            }
            return nil
        }
    }

    /// Hands out each element until the body says false.
    public func walk(_ body: (BSONElement) throws -> Bool) rethrows {
        try bytes.withUnsafeReadableBytes { pointer in
            guard var walker = try? BSONWalker(pointer) else { return }
            while let element = try? walker.next() {
                guard try body(element) else { return }
            }
        }
    }

    /// Whether there is no element.
    public var isEmpty: Bool { bytes.readableBytes <= 5 }
}

extension BSONDocument: Sequence {
    /// A name and its value.
    public typealias Element = (name: String, value: BSONValue)

    /// Hands out the elements in their order.
    public func makeIterator() -> Array<Element>.Iterator {
        var elements: [Element] = []
        walk { element in
            elements.append((element.nameText, BSONValue(element)))
            return true
        }
        return elements.makeIterator()
    }
}

extension BSONDocument: ExpressibleByDictionaryLiteral {
    /// A document of these elements, in their order.
    public init(dictionaryLiteral elements: (String, BSONValue)...) {
        self.init(elements.map { (name: $0.0, value: $0.1) })
    }
}

extension BSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }

    /// An `int32`.
    public init(integerLiteral value: Int32) { self = .int32(value) }

    /// A boolean.
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
}
