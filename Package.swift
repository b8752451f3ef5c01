// swift-tools-version: 6.1
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let crypto: [Target.Dependency] = [
    .product(name: "Crypto", package: "swift-crypto"),
    .product(name: "CryptoExtras", package: "swift-crypto"),
]
let certificates: [Target.Dependency] = [
    .product(name: "X509", package: "swift-certificates"),
    .product(name: "SwiftASN1", package: "swift-asn1"),
]
let sqlite: [Target.Dependency] = [
    .product(name: "GRDB", package: "GRDB.swift"),
    .product(name: "GRDBSQLite", package: "GRDB.swift"),
]
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let locks: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

func room(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil, linker: [LinkerSetting]? = nil
) -> Target {
    .target(
        name: name, dependencies: dependencies, resources: resources, swiftSettings: strict, linkerSettings: linker)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// What browsers load; the console serves them from the program itself.
let site = [
    "index.html", "icon.svg", "base.css", "parts.css", "path.css", "main.js", "dom.js", "api.js", "signin.js",
    "list.js", "form.js", "fields.js", "scheme.js", "address.js", "testing.js", "path.js", "source.js",
    "chart.js", "schema.js", "query.js", "dialog.js", "text.js", "docs.html", "docs.css", "docs.js", "operation.js",
    "shape.js", "trial.js",
]

let package = Package(
    name: "wellhead",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "wellhead", targets: ["wellhead"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .systemLibrary(name: "CLibSSH", pkgConfig: "libssh", providers: [.apt(["libssh-dev"])]),
        .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .systemLibrary(name: "CResolv"),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

        room("SourceModel", crypto + certificates),
        room("SCRAM", crypto),
        room("PostgresWire", ["SCRAM", nioCore] + crypto),
        room("MySQLWire", crypto + [nioCore, "CSodium"]),
        room("SFTPWire", [nioCore]),
        room("HTTPWire", [nioCore, nioHTTP1]),
        room("TDSWire", [nioCore]),
        room("MongoWire", ["SCRAM", nioCore] + crypto),
        room(
            "Route",
            [
                "SourceModel", "CLibSSH", "CResolv", nioCore, nioPosix, nioSSL, locks, logging,
                .product(name: "NIOTLS", package: "swift-nio"),
            ] + crypto + certificates),
        room("Results", ["SourceModel", nioCore]),
        room("JSONQuery", ["Results"]),
        room("Tabular", ["SourceModel", "Results", "CExpat", "CZip", "CZlib", "CZstd"] + sqlite),
        room(
            "Drivers",
            [
                "SourceModel", "Route", "SCRAM", "PostgresWire", "MySQLWire", "TDSWire", "MongoWire", "SFTPWire",
                "HTTPWire", "Results", "JSONQuery", "Tabular", nioCore, locks, logging,
            ]),
        room("Vault", ["SourceModel"] + crypto),
        room("Registry", ["SourceModel", "Vault", .product(name: "GRDB", package: "GRDB.swift")]),
        room(
            "Gateway",
            ["SourceModel", "Results", "Route", "Drivers", "Vault", "Registry", nioCore, locks, logging, lifecycle]
                + crypto),
        room(
            "WebAPI",
            [
                "SourceModel", "Results", "Gateway", "Registry", hummingbird, hummingbirdCore, logging,
                .product(name: "JWTKit", package: "jwt-kit"), nioCore, nioHTTP1, locks,
            ] + crypto, resources: [.embedInCode("OpenAPI/openapi.json")]),
        room(
            "Console", ["SourceModel", "WebAPI", hummingbird, nioCore] + crypto,
            resources: site.map { .embedInCode("Site/\($0)") }),
        .executableTarget(
            name: "wellhead",
            dependencies: [
                "SourceModel", "Route", "Drivers", "Vault", "Registry", "Gateway", "WebAPI", "Console", hummingbird,
                hummingbirdCore, logging, lifecycle, nioCore, nioPosix, nioSSL, nioHTTP1, httpClient,
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
            ],
            swiftSettings: strict),

        .target(
            name: "Testbed",
            dependencies: ["SourceModel", nioCore, nioPosix, nioHTTP1, locks, httpClient] + crypto + certificates,
            path: "Tests/Testbed", swiftSettings: strict),
        tests("TestbedTests", ["Testbed", nioCore, nioPosix]),
        tests("SourceModelTests", ["SourceModel", "Testbed"]),
        tests("SCRAMTests", ["SCRAM"]),
        tests("PostgresWireTests", ["PostgresWire", "SCRAM", "Testbed", nioCore, nioEmbedded, nioPosix, nioSSL]),
        tests("MySQLWireTests", ["MySQLWire", "Testbed", nioCore, nioEmbedded, nioPosix, nioSSL]),
        tests("SFTPWireTests", ["SFTPWire", nioCore, nioEmbedded]),
        tests("HTTPWireTests", ["HTTPWire", "Testbed", nioCore, nioEmbedded, nioPosix, nioHTTP1, nioSSL]),
        tests("TDSWireTests", ["TDSWire", "Testbed", nioCore, nioEmbedded, nioPosix, nioSSL]),
        tests("MongoWireTests", ["MongoWire", "SCRAM", "Testbed", nioCore, nioEmbedded, nioPosix, nioSSL]),
        tests(
            "RouteTests",
            [
                "Route", "SourceModel", "Testbed", nioCore, nioEmbedded, nioPosix, nioSSL, logging,
            ] + crypto + certificates),
        tests("ResultsTests", ["Results", "SourceModel", nioCore]),
        .testTarget(
            name: "JSONQueryTests", dependencies: ["JSONQuery", "Testbed"], exclude: ["ComplianceSuite"],
            swiftSettings: strict),
        .testTarget(
            name: "TabularTests",
            dependencies: ["Tabular", "Results", "SourceModel", "Testbed", "CZip", nioCore] + sqlite,
            exclude: ["Samples"], swiftSettings: strict),
        tests(
            "DriversTests",
            [
                "Drivers", "HTTPWire", "JSONQuery", "MySQLWire", "TDSWire", "MongoWire", "Results", "Route",
                "SourceModel", "Testbed", nioCore, nioPosix, logging,
            ]),
        tests("VaultTests", ["Vault", "SourceModel", "Testbed"] + crypto),
        tests(
            "RegistryTests",
            ["Registry", "Vault", "SourceModel", "Testbed", .product(name: "GRDB", package: "GRDB.swift")]),
        tests(
            "GatewayTests",
            ["Gateway", "Drivers", "Route", "Registry", "Vault", "SourceModel", "Testbed", nioCore, nioPosix, logging]),
        tests(
            "WebAPITests",
            [
                "WebAPI", "Gateway", "SourceModel", "Drivers", "Registry", "Route", "Vault", nioPosix,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
        tests(
            "ConsoleTests",
            ["Console", "WebAPI", hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird")]),
        tests(
            "EndToEnd",
            ["wellhead", "Testbed", "SourceModel", nioCore, nioPosix, nioHTTP1, locks, httpClient]),
        // Measures, against what people would use instead; `Benchmarks/run` builds and runs it.
        .executableTarget(
            name: "Benchmarks", dependencies: ["Testbed", "SourceModel", "Route", nioCore, nioPosix, locks, logging],
            path: "Benchmarks",
            exclude: ["run", "clients"], swiftSettings: strict),
    ]
)
