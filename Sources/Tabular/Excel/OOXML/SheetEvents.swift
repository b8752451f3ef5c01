/// Tells a sheet's reader what the XML has. The reader is a structure at a fixed place because there are millions of
/// events: an object's properties are guarded in every one of them.
final class SheetEvents: XMLEvents {
    private let reader: UnsafeMutablePointer<SheetReader>

    init(_ reader: consuming SheetReader) {
        self.reader = .allocate(capacity: 1)
        self.reader.initialize(to: reader)
    }

    deinit {
        reader.deinitialize(count: 1)
        reader.deallocate()
    }

    /// Says that the part was read.
    ///
    /// - Returns: nil where the sheet holds no value.
    func finish() throws -> TabularTable? { try reader.pointee.finish() }

    func begin(_ name: XMLName, _ attributes: XMLAttributes) throws { try reader.pointee.begin(name, attributes) }
    func end(_ name: XMLName) throws { try reader.pointee.end(name) }
    func text(_ bytes: UnsafeRawBufferPointer) throws { try reader.pointee.text(bytes) }
}
