import NIOCore

/// Ends a connection whose caller still sends what will not be read. Closing at once would reset the connection and
/// could destroy the answer on its way; so the rest is thrown away for a moment first.
enum Lingering {
    static let time: TimeAmount = .seconds(2)

    static func close(_ channel: any Channel) {
        channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }

    /// Ends an answer in its middle: what was written leaves, then nothing more comes. Returns when it has left, or when
    /// the time is over.
    static func cut(_ channel: any Channel) async {
        close(channel)
        do {
            try await channel.close(mode: .output).get()
        } catch {
            // The caller has gone already, or reads too slowly to be told.
        }
    }
}
