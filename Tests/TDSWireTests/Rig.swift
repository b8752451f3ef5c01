import NIOCore
import NIOEmbedded

@testable import TDSWire

/// A handler on an embedded channel, and what it gave out.
final class Rig {
    let channel = EmbeddedChannel()
    let handler: TDSChannelHandler
    var opened: Result<Void, any Error>?

    init(
        _ encryption: TDSEncryption = .loginAlone, rowBufferSize: Int = 1 << 16, rowLimit: Int = 1 << 20,
        drainLimit: Int = 1 << 20, upgrade: TLSUpgrade? = nil
    ) throws {
        var configuration = TDSConnection.Configuration(
            username: "ann", password: "secret", database: "shop", encryption: encryption)
        configuration.maximumRowSize = rowLimit
        configuration.maximumDrainSize = drainLimit
        handler = TDSChannelHandler(
            plan: try configuration.plan(), settings: .init(upgrade: upgrade, rowBufferSize: rowBufferSize),
            facts: SharedFacts())
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.pipeline.syncOperations.addHandler(handler)
        handler.open(on: channel.eventLoop).assumeIsolated().whenComplete { self.opened = $0 }
    }

    /// One that is logged in.
    static func open(rowBufferSize: Int = 1 << 16, rowLimit: Int = 1 << 20, drainLimit: Int = 1 << 20) throws -> Rig {
        let rig = try Rig(rowBufferSize: rowBufferSize, rowLimit: rowLimit, drainLimit: drainLimit)
        try rig.receive(ServerBytes.preLogin(encryption: 2))
        try rig.receive(ServerBytes.packet(ServerBytes.login))
        _ = rig.sent()
        return rig
    }

    var isOpen: Bool {
        if case .success = opened { true } else { false }
    }

    var failure: TDSWireError? {
        if case .failure(let error) = opened { error as? TDSWireError } else { nil }
    }

    func receive(_ bytes: some Sequence<UInt8>) throws { try channel.writeInbound(ByteBuffer(bytes: bytes)) }

    /// What was written since the last time.
    func sent() -> [UInt8] {
        var bytes: [UInt8] = []
        while let part = try? channel.readOutbound(as: ByteBuffer.self) { bytes += part.readableBytesView }
        return bytes
    }

    func query(_ request: Request = .batch("x"), reset: Bool = false) -> RowDelivery {
        let rows = RowDelivery(eventLoop: channel.eventLoop)
        handler.submit(request, reset: reset, rows)
        return rows
    }

    /// All rows as text.
    func read(_ rows: RowDelivery) throws -> [[String?]] {
        let types = (try rows.columnsKnown.wait() ?? []).map(\.type)
        var all: [[String?]] = []
        var text = TDSText()
        while true {
            let batch = try rows.next(on: channel.eventLoop).wait()
            if batch.isEmpty { return all }
            for span in batch {
                var row: [String?] = []
                span.walk(
                    rowBegan: { row = [] },
                    value: { column, bytes in
                        row.append(
                            bytes.map {
                                text.read($0, as: types[column])
                                return String(decoding: text.utf8, as: UTF8.self)
                            })
                    },
                    rowEnded: {
                        all.append(row)
                        return true
                    })
            }
        }
    }
}
