import Foundation
import Logging
import NIOCore
import NIOPosix
import Route
import SourceModel
import Testbed

/// Bytes a second through an SSH host: our channel, which goes from libssh straight to NIO, against `ssh -L`, which
/// passes a loopback port. Both end at the same reader, come from the same sender and use the ciphers that they agree
/// on with the same server.
enum TunnelBenchmark {
    private static let bytes = 1 << 30
    private static let rounds = 5

    static func run() async throws {
        let source = try await FaultyServer.start(.floods([UInt8](repeating: 0x2A, count: 16_384)))
        let bastion = try await SSHServer.start()
        let port = try FreePort.next()
        let key = try await Testbed.shared.sshKeys().key(.ed25519)
        let log = try Workspace.write("", to: Workspace.makeFolder(for: "ssh").appending(path: "log"))
        let client = try await Daemon.start(
            [
                "/usr/bin/ssh", "-N", "-i", key.file.path, "-p", "\(bastion.port)", "-o", "StrictHostKeyChecking=no",
                "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", "-L",
                "127.0.0.1:\(port):127.0.0.1:\(source.port)", "\(SSHServer.login.username)@127.0.0.1",
            ], as: .current, output: log, errors: log)
        try await eventually("ssh -L listens") { Sockets.listeningPorts(of: client.pid).contains(port) }

        let route = Route(
            Route.Configuration(
                resolver: SystemResolver(), policy: DestinationPolicy(),
                group: MultiThreadedEventLoopGroup.singleton,
                logger: Logger(label: "benchmark", factory: { _ in SwiftLogNoOpLogHandler() })))
        let tunnelled = try dataSource(behind: bastion, key, port: source.port)
        var ours: [Double] = []
        var theirs: [Double] = []
        for round in -1..<rounds {
            let native = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.autoRead, value: false)
                .connect(host: "127.0.0.1", port: port).get()
            let byClient = try await seconds { try await read(bytes, from: native) }
            let routed = try await route.open(tunnelled, journal: StageJournal())
            let byRoute = try await seconds { try await read(bytes, from: routed.channel) }
            guard round >= 0 else { continue }
            ours.append(Double(bytes) / byRoute / 1e6)
            theirs.append(Double(bytes) / byClient / 1e6)
        }
        await route.shutdown()
        client.signal(SIGTERM)
        await client.ended()
        await bastion.stop()
        await source.stop()
        let (mine, other) = (Sample(ours).median, Sample(theirs).median)
        printTable(
            "Throughput through an SSH host", ["way", "MB/s", "ratio to ssh -L"],
            [
                ["Wellhead's channel", Sample.short(mine), Sample.short(mine / other)],
                ["ssh -L", Sample.short(other), "1"],
            ])
    }

    private static func dataSource(behind bastion: SSHServer, _ key: SSHKey, port: Int) throws -> DataSource {
        try DataSourceDraft(
            values: [
                .driver: .text("postgres"), .host: .text("127.0.0.1"), .port: .text(String(port)),
                .username: .text("nobody"), .ssh: .flag(true), .sshHost: .text("127.0.0.1"),
                .sshPort: .text(String(bastion.port)), .sshUsername: .text(SSHServer.login.username),
                .sshIdentity: .secret(Secret(key.privateText)), .sshTunneling: .flag(true),
            ]
        ).validated()
    }

    /// Reads so many bytes and closes.
    private static func read(_ count: Int, from channel: any Channel) async throws {
        let done = channel.eventLoop.makePromise(of: Void.self)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(Counter(count, done))
            try channel.syncOptions?.setOption(.autoRead, value: true)
            channel.read()
        }.get()
        try await done.futureResult.get()
    }

    private final class Counter: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var left: Int
        private var done: EventLoopPromise<Void>?

        init(_ count: Int, _ done: EventLoopPromise<Void>) {
            self.left = count
            self.done = done
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            left -= unwrapInboundIn(data).readableBytes
            guard left <= 0 else { return }
            done?.succeed()
            done = nil
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { done?.fail(ChannelError.eof) }
    }
}
