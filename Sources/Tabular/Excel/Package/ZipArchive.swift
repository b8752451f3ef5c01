import CZip
import SourceModel

/// The parts of a workbook in a zip file, read as streams. Used on one thread.
final class ZipArchive {
    /// What the parts that are read hold together when they are inflated, in bytes.
    static let inflatedLimit = 16 << 30
    /// What a part may hold of which all is kept in memory.
    static let smallLimit = 64 << 20
    /// Beyond `ratioFloor` bytes a part may not be larger than so many times what it takes in the file.
    static let ratioLimit = 300
    static let ratioFloor = 64 << 20

    /// A part of the archive.
    struct Part {
        /// Its place in the directory.
        let index: UInt64
        let name: String
        /// Inflated, as the directory says.
        let size: Int
        fileprivate let stored: Int
    }

    private let archive: OpaquePointer
    private let file: String

    /// - Parameter name: the file's name in failures.
    /// - Throws: `file_malformed`, `file_forbidden` or `file_too_large`.
    init(_ file: OpenFile, size: Int, named name: String) throws(SourceFailure) {
        try ZipDirectory.check(file, size: size, named: name)
        let descriptor = try file.duplicate()
        var code: CInt = 0
        guard let archive = zip_fdopen(descriptor, 0, &code) else {
            file.discard(duplicate: descriptor)
            var error = zip_error_t()
            zip_error_init_with_code(&error, code)
            defer { zip_error_fini(&error) }
            throw Self.failure(name, "its directory", String(cString: zip_error_strerror(&error)))
        }
        (self.archive, self.file) = (archive, name)
    }

    // Nothing was changed: there is nothing to be written.
    deinit { zip_discard(archive) }

    /// Finds a part by its name, capitals or not (ECMA-376, part 2, section 6.2.2.3).
    ///
    /// - Returns: nil where there is none.
    /// - Throws: `file_malformed`, `file_forbidden` or `file_too_large`, where it cannot be read.
    func part(_ name: String) throws(SourceFailure) -> Part? {
        let index = zip_name_locate(archive, name, zip_flags_t(ZIP_FL_NOCASE | ZIP_FL_ENC_GUESS))
        guard index >= 0 else { return nil }
        var status = zip_stat_t()
        zip_stat_init(&status)
        guard zip_stat_index(archive, UInt64(index), 0, &status) == 0,
            status.valid & UInt64(ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE) == UInt64(ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE)
        else { throw Self.failure(file, "the part \(name)", "it has no size") }
        guard status.encryption_method == ZIP_EM_NONE else {
            throw SourceFailure(
                .open, .fileForbidden, "\(file) is encrypted with a password.",
                hint: "Save the workbook without a password.")
        }
        guard status.comp_method == ZIP_CM_STORE || status.comp_method == ZIP_CM_DEFLATE else {
            throw Self.failure(file, "the part \(name)", "it is compressed by method \(status.comp_method)")
        }
        guard status.size <= UInt64(Self.inflatedLimit) else {
            throw SourceFailure(
                .open, .fileTooLarge,
                "\(file) has a part \(name) of \(status.size) bytes; at most \(Self.inflatedLimit) are read.",
                hint: "Split the workbook.")
        }
        return Part(
            index: UInt64(index), name: name, size: Int(status.size), stored: Int(clamping: status.comp_size))
    }

    /// Finds a part of which all is kept in memory.
    ///
    /// - Returns: nil where there is none.
    /// - Throws: as `part`, and `file_too_large` where it is larger than `smallLimit`.
    func small(_ name: String) throws(SourceFailure) -> Part? {
        guard let part = try part(name) else { return nil }
        guard part.size <= Self.smallLimit else {
            throw SourceFailure(
                .open, .fileTooLarge,
                "\(file) has a part \(name) of \(part.size) bytes; at most \(Self.smallLimit) are read of such a part.",
                hint: "Save the workbook anew with a spreadsheet program.")
        }
        return part
    }

    /// Holds what parts are together to the limit.
    ///
    /// - Throws: `file_too_large`.
    func checkSizes(of parts: [Part]) throws(SourceFailure) {
        // Each is within the limit itself, and there are no more than the directory may have: the sum has room.
        let size = parts.reduce(0) { $0 + $1.size }
        guard size <= Self.inflatedLimit else {
            throw SourceFailure(
                .open, .fileTooLarge,
                "\(file) has sheets and texts of \(size) bytes together; at most \(Self.inflatedLimit) are read.",
                hint: "Split the workbook.")
        }
    }

    /// Reads a part from its beginning to its end, in pieces.
    ///
    /// - Parameter body: takes a piece, which is gone when it returns.
    /// - Throws: `SourceFailure`, or what `body` throws.
    func read(_ part: Part, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard let handle = zip_fopen_index(archive, part.index, 0) else {
            throw Self.failure(file, "the part \(part.name)", String(cString: zip_strerror(archive)))
        }
        defer { zip_fclose(handle) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        guard let base = buffer.baseAddress else { return }
        var total = 0
        while true {
            let count = Int(zip_fread(handle, base, UInt64(buffer.count)))
            guard count >= 0 else {
                throw Self.failure(file, "the part \(part.name)", String(cString: zip_file_strerror(handle)))
            }
            if count == 0 { break }
            total += count
            guard total <= part.size else {
                throw Self.failure(file, "the part \(part.name)", "it is larger than the \(part.size) bytes it states")
            }
            guard total <= Self.ratioFloor || total / Self.ratioLimit <= part.stored else {
                throw SourceFailure(
                    .open, .fileTooLarge,
                    "\(file) has a part \(part.name) that is more than \(Self.ratioLimit) times as large as what it "
                        + "takes in the file.",
                    hint: "Save the workbook anew with a spreadsheet program.")
            }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        guard total == part.size else {
            throw Self.failure(file, "the part \(part.name)", "it ends after \(total) of \(part.size) bytes")
        }
    }

    private static func failure(_ file: String, _ what: String, _ why: String) -> SourceFailure {
        SourceFailure(
            .open, .fileMalformed, "\(file) is damaged: \(what) cannot be read: \(why).",
            hint: "Copy the file again, or save it anew with a spreadsheet program.")
    }
}
