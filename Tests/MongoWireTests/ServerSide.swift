import NIOCore
import NIOEmbedded
import SCRAM

@testable import MongoWire

/// A client's handler with a script in place of the server.
final class Rig {
    let channel = EmbeddedChannel()
    let handler: MongoChannelHandler
    private(set) var opened: Result<MongoChannelHandler.OpeningStep, any Error>?
    private(set) var reply: Result<BSONDocument, any Error>?

    static let nonce = "rOprNGfwEbeRWgbNEkqO"

    init(
        credential: Credential? = nil, upgrade: TLSUpgrade? = nil, loginLimit: Int = 4096, limit: Int = 65_536
    ) throws {
        var configuration = MongoConnection.Configuration(
            credential: credential, applicationName: "test", upgrade: upgrade)
        configuration.maximumLoginMessageSize = loginLimit
        configuration.maximumMessageSize = limit
        handler = MongoChannelHandler(
            plan: try configuration.plan(nonce: Self.nonce), settings: .init(upgrade: upgrade))
        try channel.pipeline.syncOperations.addHandler(handler)
        channel.connect(to: try .init(ipAddress: "127.0.0.1", port: 1), promise: nil)
        handler.open(on: channel.eventLoop).assumeIsolated().whenComplete { self.opened = $0 }
    }

    var error: MongoWireError? {
        if case .failure(let error)? = opened { error as? MongoWireError } else { nil }
    }

    var isOpen: Bool { if case .success(.opened)? = opened { true } else { false } }

    var server: ServerDescription? { if case .success(.opened(let server))? = opened { server } else { nil } }

    var request: SaltedPasswordRequest? { if case .success(.derive(let request))? = opened { request } else { nil } }

    /// The next command that the client sent.
    func sent() throws -> MongoMessage? {
        guard let bytes = try channel.readOutbound(as: ByteBuffer.self) else { return nil }
        var decoder = MessageDecoder()
        decoder.append(bytes)
        return try decoder.next(limit: 48_000_000)
    }

    func receive(_ bytes: some Sequence<UInt8>) throws { try channel.writeInbound(ByteBuffer(bytes: bytes)) }

    /// The server answers a command.
    func answer(_ command: MongoMessage?, _ document: BSONDocument, flags: MongoMessage.Flags = []) throws {
        let message = MongoMessage(
            requestID: 99, responseTo: command?.requestID ?? 0, flags: flags, body: document)
        try receive(MessageTests.encoded(message))
    }

    /// The work that the machine asked for is done.
    func derive() throws {
        guard let request else { return }
        opened = nil
        handler.saltedPasswordDerived(try request.derive(), on: channel.eventLoop).assumeIsolated().whenComplete {
            self.opened = $0
        }
    }

    func run(_ command: BSONDocument, ticket: UInt64 = 1) {
        reply = nil
        handler.submit(command, ticket: ticket, on: channel.eventLoop).assumeIsolated().whenComplete { self.reply = $0 }
    }

    static let hello: BSONDocument = [
        "isWritablePrimary": true, "maxWireVersion": 21, "maxMessageSizeBytes": 48_000_000, "ok": .double(1),
    ]
}
