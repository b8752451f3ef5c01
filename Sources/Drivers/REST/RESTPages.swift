import JSONQuery
import SourceModel

/// One page of an answer: its document and where the rows are in it.
struct RESTPage: Sendable {
    var document: JSONDocument
    var rows: [Int]
    /// Where the page came from, after redirects.
    var location: HTTPLocation
    /// The values of the field `Link`.
    var links: [String]
}

/// Which page comes after which.
struct RESTPages: Sendable {
    private let options: RESTOptions
    private let base: RESTBase
    private let origin: HTTPOrigin
    /// The first target, without the parameter that asks for a page.
    private let first: String
    private let next: RowPlaces?
    private let isPaged: Bool
    private var offset = 0
    private var number: Int
    /// What asked for the pages so far, and how the latest one looked.
    private var asked: Set<String> = []
    private var latest: Int?

    /// Pages that were fetched.
    private(set) var count = 0

    /// - Parameter path: the statement's path below the base path.
    init(_ path: String, _ options: RESTOptions, base: RESTBase, origin: HTTPOrigin) throws(SourceFailure) {
        self.options = options
        self.base = base
        self.origin = origin
        number = options.firstPage
        var target = base.target(path)
        // Who asks for one page by its number or cursor is given this page.
        let own = options.parameterOfPages
        isPaged = options.pagination != .none && own.map { !Self.has($0, target) } ?? true
        if isPaged, let size = options.sizeParameter, !Self.has(size, target) {
            target = Self.adding(size, String(options.pageSize), to: target)
        }
        first = target
        do throws(RowPlaces.Malformed) {
            next = try options.next.map { text throws(RowPlaces.Malformed) in try RowPlaces(text) }
        } catch {
            throw RESTFailures.answer(
                "options.next is no place in an answer: \(error.reason).", "Correct options.next.", stage: .query)
        }
    }

    /// The target of the first page.
    mutating func begin() -> String {
        let target =
            switch options.pagination {
            case .offset where isPaged: Self.adding(parameter, "0", to: first)
            case .page where isPaged: Self.adding(parameter, String(number), to: first)
            case .none, .link, .cursor, .offset, .page: first
            }
        asked.insert(target)
        return target
    }

    /// The target of the page after this one; nil where it is the last.
    mutating func target(after page: RESTPage) throws(SourceFailure) -> String? {
        count += 1
        guard isPaged else { return nil }
        let target: String
        switch options.pagination {
        case .none: return nil
        case .link:
            guard let reference = try reference(after: page) else { return nil }
            target = try below(reference, page)
        case .cursor:
            guard let cursor = try value(of: page) else { return nil }
            target = Self.adding(parameter, cursor, to: first)
        case .offset:
            guard try goesOn(page) else { return nil }
            offset += page.rows.count
            target = Self.adding(parameter, String(offset), to: first)
        case .page:
            guard try goesOn(page) else { return nil }
            number += 1
            target = Self.adding(parameter, String(number), to: first)
        }
        guard asked.insert(target).inserted else {
            throw RESTFailures.answer(
                "The page number \(count) says that the next one is a page that has been there already.",
                "Correct options.pagination and options.next, or set pagination to none.", stage: .query)
        }
        return target
    }

    /// Whether an answer to the request for a page after the first says that there is none: many servers that count rows
    /// or pages answer so, instead of with an empty page.
    func isBehindTheLast(_ status: Int) -> Bool {
        switch options.pagination {
        case .page: [400, 404, 416].contains(status)
        case .offset: [404, 416].contains(status)
        case .none, .link, .cursor: false
        }
    }

    /// Whether as many pages were fetched as may be.
    var isAtLimit: Bool { count >= options.maxPages }

    private var parameter: String { options.parameterOfPages ?? "" }

    // MARK: By the answer

    private func reference(after page: RESTPage) throws(SourceFailure) -> String? {
        next == nil ? LinkField.target("next", in: page.links) : try value(of: page)
    }

    /// The text or number at the option `next`; nil where there is none, or nothing in it.
    private func value(of page: RESTPage) throws(SourceFailure) -> String? {
        guard let next, let root = page.document.roots.first,
            let place = try next.places(in: page.document, from: root, stage: .query).first
        else { return nil }
        switch page.document.kind(at: place) {
        case .string:
            let text = page.document.string(at: place)
            return text.isEmpty ? nil : text
        case .number: return String(decoding: page.document.bytes[page.document.range(of: place)], as: UTF8.self)
        case .null: return nil
        case .flag where !page.document.isTrue(at: place): return nil
        case .flag, .object, .array:
            throw RESTFailures.answer(
                "What stands at \(next.text) is neither a text nor a number.", "Correct options.next.",
                stage: .query)
        }
    }

    /// A page's address, which has to be at the record's own server and below the base path.
    private func below(_ reference: String, _ page: RESTPage) throws(SourceFailure) -> String {
        guard let location = page.location.following(reference) else {
            throw RESTFailures.answer(
                "The address of the next page cannot be read.", "Correct options.next, or set pagination to none.",
                stage: .query)
        }
        guard location.origin == origin, base.contains(location.target) else {
            throw RESTFailures.answer(
                "The next page is at \(location.origin) and not below the record's own base path, so it was not fetched.",
                "Set host, port and database so that they cover all pages, or set pagination to none.", stage: .query)
        }
        return location.target
    }

    // MARK: By counting

    /// An empty page is the last one: a short one may only be what the server gives at most.
    private mutating func goesOn(_ page: RESTPage) throws(SourceFailure) -> Bool {
        guard !page.rows.isEmpty else { return false }
        // The whole answer: what a statement selects of it may well be the same on two pages.
        var hasher = Hasher()
        page.document.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        let look = hasher.finalize()
        guard look != latest else {
            throw RESTFailures.answer(
                "The pages \(count - 1) and \(count) are the same: the server does not know the parameter \(parameter).",
                "Correct options.pageParameter, or set pagination to none.", stage: .query)
        }
        latest = look
        return true
    }

    // MARK: Parameters

    static func adding(_ name: String, _ value: String, to target: String) -> String {
        target + (target.contains("?") ? target.hasSuffix("?") || target.hasSuffix("&") ? "" : "&" : "?")
            + RESTStatement.parameterEscaped(name) + "=" + RESTStatement.parameterEscaped(value)
    }

    static func has(_ name: String, _ target: String) -> Bool {
        let query = target.drop { $0 != "?" }.dropFirst()
        return query.split(separator: "&").contains { pair in
            pair.prefix { $0 != "=" } == RESTStatement.parameterEscaped(name)
        }
    }
}
