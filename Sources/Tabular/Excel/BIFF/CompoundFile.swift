import SourceModel

/// A compound file: a file system in a file ([MS-CFB]). Everything that it states about itself is held to the file's size.
final class CompoundFile {
    /// What a compound file may hold, so that what is kept of it in memory is bounded: 1/128 of it.
    static let sizeLimit = 1 << 30
    private static let directoryLimit = 100_000
    /// Numbers above are marks (section 2.1).
    private static let lastSector: UInt32 = 0xFFFF_FFFA

    /// A stream by its name.
    struct Entry {
        let name: String
        fileprivate let start: UInt32
        let size: Int
    }

    private let file: OpenFile
    private let name: String
    private let size: Int
    private let sectorSize: Int
    private let miniCutoff: Int
    private var table: [UInt32] = []
    private var miniTable: [UInt32] = []
    private var miniSectors: [UInt32] = []
    /// The root's streams.
    private(set) var entries: [Entry] = []

    /// - Throws: `file_malformed` or `file_too_large`.
    init(_ file: OpenFile, size: Int, named name: String) throws(SourceFailure) {
        (self.file, self.size, self.name) = (file, size, name)
        guard size <= Self.sizeLimit else {
            throw SourceFailure(
                .open, .fileTooLarge, "\(name) has \(size) bytes; a workbook of this kind may have \(Self.sizeLimit).",
                hint: "Save it as an Excel workbook (.xlsx).")
        }
        let header = try file.beginning(512)
        guard header.count == 512, [9, 12].contains(header.number(at: 30, bytes: 2)) else {
            throw Self.damaged(name, "its header cannot be read")
        }
        sectorSize = 1 << header.number(at: 30, bytes: 2)
        miniCutoff = header.number(at: 56, bytes: 4)
        table = try readTable(header)
        let directory = try chain(from: UInt32(header.number(at: 48, bytes: 4)), in: table)
        try readDirectory(bytes(of: directory, limit: Self.directoryLimit * 128, "its directory"))
        let miniChain = try chain(from: UInt32(header.number(at: 60, bytes: 4)), in: table)
        // Four bytes for each of the small sectors that the root's stream has room for.
        let miniLimit = miniSectors.count * sectorSize / 16 + sectorSize
        miniTable = Self.numbers(try bytes(of: miniChain, limit: miniLimit, "its table of small sectors"))
    }

    func entry(_ name: String) -> Entry? { entries.first { $0.name.lowercased() == name.lowercased() } }

    /// A stream's sectors, for reading it piece by piece.
    func open(_ entry: Entry) throws(SourceFailure) -> CompoundStream {
        let isMini = entry.size < miniCutoff
        let sectors = try chain(from: entry.start, in: isMini ? miniTable : table)
        let pieceSize = isMini ? 64 : sectorSize
        guard sectors.count * pieceSize >= entry.size else {
            throw Self.damaged(name, "the stream \(entry.name) is cut off")
        }
        return CompoundStream(self, sectors, isMini: isMini, pieceSize: pieceSize, size: entry.size)
    }

    // MARK: Sectors

    fileprivate func piece(_ number: UInt32, isMini: Bool) throws(SourceFailure) -> [UInt8] {
        guard isMini else { return try sector(number) }
        let perSector = sectorSize / 64
        let index = Int(number) / perSector
        guard index < miniSectors.count else { throw Self.damaged(name, "a small stream is cut off") }
        let sector = try sector(miniSectors[index])
        let start = Int(number) % perSector * 64
        return Array(sector[start..<(start + 64)])
    }

    private func sector(_ number: UInt32) throws(SourceFailure) -> [UInt8] {
        let offset = (Int(number) + 1) * sectorSize
        guard number < Self.lastSector, offset < size else { throw Self.damaged(name, "a sector lies beyond its end") }
        var bytes = try file.bytes(at: offset, count: sectorSize)
        // The last one may be cut short.
        if bytes.count < sectorSize { bytes += [UInt8](repeating: 0, count: sectorSize - bytes.count) }
        return bytes
    }

    /// Sectors as a whole, which are kept in memory.
    ///
    /// - Parameters:
    ///   - limit: in bytes.
    ///   - what: what they are, for a failure.
    private func bytes(of sectors: [UInt32], limit: Int, _ what: String) throws(SourceFailure) -> [UInt8] {
        guard sectors.count * sectorSize <= limit else { throw Self.damaged(name, "\(what) is too large") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(sectors.count * sectorSize)
        for number in sectors { bytes += try sector(number) }
        return bytes
    }

    private static func numbers(_ bytes: [UInt8]) -> [UInt32] {
        stride(from: 0, to: bytes.count - bytes.count % 4, by: 4).map { UInt32(bytes.number(at: $0, bytes: 4)) }
    }

    /// A chain is never longer than its table.
    private func chain(from start: UInt32, in table: [UInt32]) throws(SourceFailure) -> [UInt32] {
        var sectors: [UInt32] = []
        var next = start
        while next < Self.lastSector {
            guard Int(next) < table.count, sectors.count < table.count else {
                throw Self.damaged(name, "a chain of sectors has no end")
            }
            sectors.append(next)
            next = table[Int(next)]
        }
        return sectors
    }

    /// The allocation table, whose own sectors the header lists, and after them a chain (section 2.5).
    private func readTable(_ header: [UInt8]) throws(SourceFailure) -> [UInt32] {
        let sectorCount = size / sectorSize + 1
        let entriesPerSector = sectorSize / 4
        let limit = sectorCount / entriesPerSector + 1
        var numbers = Self.numbers(Array(header[76...])).filter { $0 < Self.lastSector }
        var next = UInt32(header.number(at: 68, bytes: 4))
        var seen = 0
        while next < Self.lastSector {
            seen += 1
            guard seen <= limit else { throw Self.damaged(name, "its allocation table has no end") }
            let list = Self.numbers(try sector(next))
            numbers += list.dropLast().filter { $0 < Self.lastSector }
            next = list.last ?? Self.lastSector
        }
        guard numbers.count <= limit else { throw Self.damaged(name, "its allocation table is larger than the file") }
        return Self.numbers(try bytes(of: numbers, limit: size / 128 + 2 * sectorSize, "its allocation table"))
    }

    /// All entries are taken for the root's: a workbook's streams are there, and what is below has other names.
    private func readDirectory(_ bytes: [UInt8]) throws(SourceFailure) {
        for start in stride(from: 0, to: bytes.count - bytes.count % 128, by: 128) {
            let type = bytes[start + 66]
            let length = min(bytes.number(at: start + 64, bytes: 2), 64)
            let units = stride(from: start, to: start + max(length - 2, 0) / 2 * 2, by: 2).map {
                UInt16(bytes.number(at: $0, bytes: 2))
            }
            let entry = Entry(
                name: String(decoding: units, as: UTF16.self), start: UInt32(bytes.number(at: start + 116, bytes: 4)),
                size: bytes.number(at: start + 120, bytes: 4))
            switch type {
            case 2: entries.append(entry)
            // The first entry is the root (section 2.6.2); there is no other.
            case 5 where start == 0: miniSectors = try chain(from: entry.start, in: table)
            default: break
            }
        }
    }

    static func damaged(_ name: String, _ what: String) -> SourceFailure {
        SourceFailure(
            .open, .fileMalformed, "\(name) is damaged: \(what).",
            hint: "Copy the file again, or save it anew as an Excel workbook (.xlsx).")
    }
}

/// A stream of a compound file, read from a place on.
final class CompoundStream {
    private let file: CompoundFile
    private let sectors: [UInt32]
    private let isMini: Bool
    private let pieceSize: Int
    let size: Int
    private(set) var position = 0
    private var piece: [UInt8] = []
    private var pieceIndex = -1

    fileprivate init(_ file: CompoundFile, _ sectors: [UInt32], isMini: Bool, pieceSize: Int, size: Int) {
        (self.file, self.sectors, self.isMini) = (file, sectors, isMini)
        (self.pieceSize, self.size) = (pieceSize, size)
    }

    /// Goes to a place; one beyond the end is the end.
    func seek(_ offset: Int) { position = min(max(offset, 0), size) }

    /// Reads on; fewer bytes where the stream ends.
    func read(_ count: Int, into bytes: inout [UInt8]) throws(SourceFailure) {
        var left = min(count, size - position)
        while left > 0 {
            let index = position / pieceSize
            if index != pieceIndex {
                piece = try file.piece(sectors[index], isMini: isMini)
                pieceIndex = index
            }
            let start = position % pieceSize
            let part = min(left, pieceSize - start)
            bytes.append(contentsOf: piece[start..<(start + part)])
            position += part
            left -= part
        }
    }
}
