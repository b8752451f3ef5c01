import NIOCore

/// Ends a connection whose caller still sends what will not be read. Closing at once would reset the connection and
/// could destroy the answer on its way; so the rest is thrown away for a moment first.
enum Lingering {
    static let time: TimeAmount = .seconds(2)

    static func close(_ channel: any Channel) {
        channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}
