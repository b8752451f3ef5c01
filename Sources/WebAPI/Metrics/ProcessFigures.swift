import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the process takes of the machine, under the names that Prometheus' own clients use. On Linux it is read from
/// `/proc`; where there is no such thing the figure is left out.
struct ProcessFigures {
    let started: Date

    func write(to text: inout Exposition) {
        text.begin("process_start_time_seconds", .gauge, "When the program started.")
        text.add(started.timeIntervalSince1970)
        let used = clock()
        if used >= 0 {
            text.begin("process_cpu_seconds_total", .counter, "Processor time, in the system's calls, too.")
            // POSIX sets its unit: a microsecond on every system.
            text.add(Double(used) / 1e6)
        }
        if let pages = Self.residentPages {
            text.begin("process_resident_memory_bytes", .gauge, "Memory that the process holds.")
            text.add(Double(pages * Int(getpagesize())))
        }
        if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            text.begin("process_open_fds", .gauge, "Open file descriptors.")
            text.add(Double(open))
        }
    }

    private static var residentPages: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let numbers = text.split(separator: " ")
        return numbers.count > 1 ? Int(numbers[1]) : nil
    }
}
