import Foundation

/// The machine's TCP sockets, from `/proc/net/tcp` and `/proc/net/tcp6`.
package enum Sockets {
    /// One line of the kernel's table.
    package struct Entry: Sendable {
        package let localPort: Int
        package let remotePort: Int
        package let state: State
        package let inode: String
        package let isIPv6: Bool
    }

    /// The states that tests ask for; the kernel's numbers.
    package enum State: UInt8, Sendable {
        case established = 1
        case synSent
        case synReceived
        case finWait1
        case finWait2
        case timeWait
        case close
        case closeWait
        case lastAck
        case listen
        case closing
    }

    /// All TCP sockets of this network namespace.
    package static func all() -> [Entry] {
        ["/proc/self/net/tcp", "/proc/self/net/tcp6"].flatMap { file -> [Entry] in
            String(decoding: contents(of: file), as: UTF8.self).split(separator: "\n").dropFirst()
                .compactMap { entry($0, isIPv6: file.hasSuffix("6")) }
        }
    }

    /// A file whose every read gives a piece: Foundation takes a short piece for the end.
    private static func contents(of file: String) -> [UInt8] {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var contents: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(descriptor, &piece, piece.count), count > 0 { contents += piece[..<count] }
        return contents
    }

    /// The number of established connections whose far end is the port, whoever holds them; with `pid`, only those
    /// that this process holds.
    package static func connections(to port: Int, heldBy pid: Int32? = nil) -> Int {
        let held = pid.map { FileDescriptors.inodes(of: $0) }
        return all().count { entry in
            entry.remotePort == port && entry.state == .established && (held?.contains(entry.inode) ?? true)
        }
    }

    /// The number of open connections that a process took on a port that it listens on, in whatever state.
    package static func accepted(on port: Int, heldBy pid: Int32) -> Int {
        let held = FileDescriptors.inodes(of: pid)
        return all().count { $0.localPort == port && $0.state != .listen && held.contains($0.inode) }
    }

    /// The ports on which a process listens: none but the expected ones may appear.
    package static func listeningPorts(of pid: Int32) -> [Int] {
        let held = FileDescriptors.inodes(of: pid)
        return Set(all().filter { $0.state == .listen && held.contains($0.inode) }.map(\.localPort)).sorted()
    }

    private static func entry(_ line: Substring, isIPv6: Bool) -> Entry? {
        let fields = line.split(separator: " ")
        guard fields.count > 9, let local = port(fields[1]), let remote = port(fields[2]),
            let state = UInt8(fields[3], radix: 16).flatMap(State.init(rawValue:))
        else { return nil }
        return Entry(localPort: local, remotePort: remote, state: state, inode: String(fields[9]), isIPv6: isIPv6)
    }

    private static func port(_ address: Substring) -> Int? {
        address.split(separator: ":").last.flatMap { Int($0, radix: 16) }
    }
}
