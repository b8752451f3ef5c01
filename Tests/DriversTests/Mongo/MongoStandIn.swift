import NIOCore
import NIOPosix
import Synchronization
import Testbed

@testable import MongoWire

/// A stand-in for a MongoDB server, for what no peer here can be: members of a replica set, and refusals on demand. It says
/// what MongoDB's specifications "Server Discovery and Monitoring" and "OP_MSG" say that a server says; in
/// `MongoTopologyTests` pymongo, a client of others, finds its way by it too.
final class MongoStandIn: Sendable {
    /// What it answers to a command, by the command's name; nil hangs up.
    typealias Answers = @Sendable (_ name: String, _ command: BSONDocument) -> BSONDocument?

    /// The port on 127.0.0.1.
    let port: Int
    private let channel: any Channel
    private let scene: Scene

    /// What all connections share.
    final class Scene: Sendable {
        private let state: Mutex<(answers: Answers, commands: [BSONDocument], guests: [any Channel])>

        private let held = Mutex<Held?>(nil)

        init(_ answers: @escaping Answers) { state = Mutex((answers, [], [])) }

        var commands: [BSONDocument] { state.withLock { $0.commands } }

        func change(_ answers: @escaping Answers) { state.withLock { $0.answers = answers } }

        func hold(_ held: Held?) { self.held.withLock { $0 = held } }

        /// Whether a command's answer is held back; those that wait for it go when it is let go.
        func holds(_ name: String, _ reply: @escaping Held.Reply) -> Bool {
            let (isHeld, going) = held.withLock { held -> (Bool, [() -> Void]) in
                guard var now = held else { return (false, []) }
                if name == now.name {
                    now.waiting.append(reply)
                    held = now
                    return (true, [])
                }
                guard name == now.end else { return (false, []) }
                held = nil
                return (false, now.waiting.map { waiting in { waiting(now.answer) } })
            }
            for each in going { each() }
            return isHeld
        }

        func enter(_ guest: any Channel) { state.withLock { $0.guests.append(guest) } }

        func leave() { for guest in state.withLock({ $0.guests }) { guest.close(promise: nil) } }

        func answer(_ command: BSONDocument) -> BSONDocument? {
            let answers = state.withLock { state in
                state.commands.append(command)
                return state.answers
            }
            return answers(command.map(\.name).first ?? "", command)
        }
    }

    /// Commands that are not answered until another one comes.
    struct Held: Sendable {
        typealias Reply = @Sendable (BSONDocument) -> Void

        var name: String
        /// The command that ends the waiting.
        var end: String
        var answer: BSONDocument
        fileprivate var waiting: [Reply] = []

        init(_ name: String, until end: String, answer: BSONDocument) {
            self.name = name
            self.end = end
            self.answer = answer
        }
    }

    private init(port: Int, channel: any Channel, scene: Scene) {
        self.port = port
        self.channel = channel
        self.scene = scene
    }

    static func start(port: Int? = nil, _ answers: @escaping Answers) async throws -> MongoStandIn {
        let scene = Scene(answers)
        let port = try port ?? FreePort.next()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { child in
                scene.enter(child)
                return child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandler(Conversation(scene))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        return MongoStandIn(port: port, channel: channel, scene: scene)
    }

    /// The names of the commands that came, in their order.
    var commands: [String] { scene.commands.compactMap { $0.map(\.name).first } }

    /// The commands of this name.
    func commands(_ name: String) -> [BSONDocument] { scene.commands.filter { $0.map(\.name).first == name } }

    /// Answers otherwise from now on.
    func change(_ answers: @escaping Answers) { scene.change(answers) }

    /// Holds back the answers to a command; nil answers at once again.
    func hold(_ held: Held?) { scene.hold(held) }

    func stop() async {
        scene.leave()
        try? await channel.close()
    }

    /// One connection: a message in, a message out.
    private final class Conversation: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let scene: Scene
        private var decoder = MessageDecoder()

        init(_ scene: Scene) { self.scene = scene }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            decoder.append(unwrapInboundIn(data))
            while true {
                let next = Result { try decoder.next(limit: 48_000_000) }
                guard case .success(let found) = next else {
                    // Somebody who speaks something else.
                    context.close(promise: nil)
                    return
                }
                guard let message = found else { return }
                guard let answer = scene.answer(message.document) else {
                    context.close(promise: nil)
                    return
                }
                let channel = context.channel
                let reply: Held.Reply = { body in
                    var buffer = ByteBuffer()
                    MongoMessage(requestID: 7, responseTo: message.requestID, body: body).encode(into: &buffer)
                    channel.writeAndFlush(buffer, promise: nil)
                }
                if !scene.holds(message.document.map(\.name).first ?? "", reply) { reply(answer) }
            }
        }
    }
}

extension MongoStandIn {
    /// What a member of a replica set is.
    enum Role {
        case primary, secondary, arbiter, recovering
    }

    /// The answers of a member that lets in without a login and has one collection of one document, which names the member.
    static func member(
        _ role: Role, _ name: String, of set: String = "rs", members: [String], primary: String? = nil
    ) -> Answers {
        let hello = hello(role, name, of: set, members: members, primary: primary)
        return { command, document in
            switch command {
            case "hello", "isMaster", "ismaster": return hello
            case "find", "aggregate", "listCollections":
                let isReadable =
                    role == .primary
                    || document["$readPreference"]?.document?["mode"]?.text.map { $0 != "primary" } == true
                guard isReadable else {
                    return [
                        "ok": 0, "code": 13435, "codeName": "NotPrimaryNoSecondaryOk",
                        "errmsg": "not primary and secondaryOk=false",
                    ]
                }
                return cursor("shop.c", command == "listCollections" ? [] : [["name": .string(name)]])
            case "buildInfo": return ["version": "7.0.0", "ok": .double(1)]
            case "connectionStatus": return ["authInfo": .document(["authenticatedUsers": .array(.list([]))]), "ok": 1]
            case "ping", "endSessions", "killSessions": return ["ok": .double(1)]
            default:
                return [
                    "ok": 0, "code": 59, "codeName": "CommandNotFound",
                    "errmsg": .string("no such command: '\(command)'"),
                ]
            }
        }
    }

    private static func cursor(_ namespace: String, _ documents: [BSONDocument]) -> BSONDocument {
        let batch = BSONDocument.list(documents.map { .document($0) })
        return [
            "cursor": .document(["firstBatch": .array(batch), "id": .int64(0), "ns": .string(namespace)]),
            "ok": .double(1),
        ]
    }

    private static func hello(
        _ role: Role, _ name: String, of set: String, members: [String], primary: String?
    ) -> BSONDocument {
        var elements: [(name: String, value: BSONValue)] = [
            ("helloOk", true), ("isWritablePrimary", .boolean(role == .primary)),
            ("ismaster", .boolean(role == .primary)),
            ("secondary", .boolean(role == .secondary)), ("setName", .string(set)), ("setVersion", 1),
            ("hosts", .array(.list(members.map { .string($0) }))), ("me", .string(name)), ("minWireVersion", 0),
            ("maxWireVersion", 21), ("maxBsonObjectSize", 16_777_216), ("maxMessageSizeBytes", 48_000_000),
            ("maxWriteBatchSize", 100_000), ("logicalSessionTimeoutMinutes", 30), ("readOnly", false),
        ]
        if role == .arbiter { elements.append(("arbiterOnly", true)) }
        if let primary { elements.append(("primary", .string(primary))) }
        return BSONDocument(elements + [("ok", .double(1))])
    }
}
