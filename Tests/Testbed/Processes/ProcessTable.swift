import Foundation

/// Looks into `/proc`: what runs, what it holds open, what it was called with.
package enum ProcessTable {
    /// Whether a process with this id exists and is not a zombie.
    package static func isAlive(_ pid: Int32) -> Bool {
        guard let state = stat(of: pid)?.state else { return false }
        return state != "Z" && state != "X"
    }

    /// The ids of the processes that the process started itself.
    package static func children(of pid: Int32) -> [Int32] {
        all().filter { stat(of: $0)?.parent == pid }
    }

    /// The ids of the processes below the process, at any depth.
    package static func descendants(of pid: Int32) -> [Int32] {
        var byParent: [Int32: [Int32]] = [:]
        for each in all() {
            if let parent = stat(of: each)?.parent { byParent[parent, default: []].append(each) }
        }
        var found: [Int32] = []
        var open = [pid]
        while let next = open.popLast() {
            let children = byParent[next] ?? []
            found += children
            open += children
        }
        return found
    }

    /// The number of a process's threads; 0 if it is gone.
    package static func threads(of pid: Int32) -> Int {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []).count
    }

    /// The memory of a process that is in the machine's (`VmRSS`); 0 if it is gone.
    package static func residentBytes(of pid: Int32) -> Int { bytes("VmRSS:", of: pid) }

    /// The most that it ever was (`VmHWM`), or has been since `forgetPeak`; 0 if it is gone.
    package static func peakResidentBytes(of pid: Int32) -> Int { bytes("VmHWM:", of: pid) }

    /// Lets a process's peak begin anew at what it has now.
    package static func forgetPeak(of pid: Int32) throws {
        try Data("5".utf8).write(to: URL(filePath: "/proc/\(pid)/clear_refs"))
    }

    private static func bytes(_ name: String, of pid: Int32) -> Int {
        let line = words(in: "/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix(name) }
        return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }

    /// The processor time that a process has used, in seconds; 0 if it is gone.
    package static func processorSeconds(of pid: Int32) -> Double {
        let fields = words(in: "/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
        // User and system time, the 14th and 15th field, in hundredths of a second; two stand before the parenthesis.
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / 100
    }

    /// The command line of a process, its words separated by blanks.
    package static func commandLine(of pid: Int32) -> String {
        words(in: "/proc/\(pid)/cmdline")
    }

    /// What anybody on this machine can read about every process: command lines, and the environments that are ours
    /// to read. A secret found here has leaked.
    ///
    /// - Parameter root: only this process and those below it; all if none is named.
    package static func everything(below root: Int32? = nil) -> String {
        (root.map { [$0] + descendants(of: $0) } ?? all()).map { pid in
            "\(pid) \(commandLine(of: pid)) | \(words(in: "/proc/\(pid)/environ"))"
        }.joined(separator: "\n")
    }

    private static func words(in file: String) -> String {
        guard let data = FileManager.default.contents(atPath: file) else { return "" }
        return String(decoding: data, as: UTF8.self)
            .split(separator: "\0").joined(separator: " ")
    }

    static func all() -> [Int32] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
    }

    /// The third and fourth field of `/proc/PID/stat`. The second, the name, is in parentheses and may hold anything.
    private static func stat(of pid: Int32) -> (state: Substring, parent: Int32)? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        guard let name = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: name)...].split(separator: " ")
        guard fields.count > 1, let parent = Int32(fields[1]) else { return nil }
        return (fields[0], parent)
    }
}

/// Counts open descriptors.
package enum FileDescriptors {
    /// The number of descriptors that a process holds open; this one's if none is named. 0 if it is gone.
    package static func count(of pid: Int32 = ProcessInfo.processInfo.processIdentifier) -> Int {
        names(of: pid).count
    }

    /// The number of sockets that a process holds open.
    package static func sockets(of pid: Int32 = ProcessInfo.processInfo.processIdentifier) -> Int {
        inodes(of: pid).count
    }

    /// The inodes of the sockets that a process holds open.
    static func inodes(of pid: Int32) -> Set<String> {
        Set(
            names(of: pid).compactMap { name in
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\(name)")
                guard let target, target.hasPrefix("socket:[") else { return nil }
                return String(target.dropFirst("socket:[".count).dropLast())
            })
    }

    private static func names(of pid: Int32) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? []
    }
}
