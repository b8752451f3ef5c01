import JSONQuery
import SourceModel

/// Where something is in an answer: a JSON Pointer (RFC 6901) or a JSONPath (RFC 9535).
struct RowPlaces: Sendable {
    /// Why a text names no place.
    struct Malformed: Error, Equatable {
        /// Without a full stop.
        let reason: String
        /// In characters from 1.
        let position: Int?
    }

    private enum Form: Sendable {
        case pointer(JSONPointer)
        case path(JSONPath)
    }

    /// As it was written.
    let text: String
    private let form: Form

    init(_ text: String) throws(Malformed) {
        self.text = text
        if text.hasPrefix("$") {
            do throws(JSONPath.Malformed) {
                form = .path(try JSONPath(text))
            } catch {
                throw Malformed(reason: "\(error.reason), at character \(error.position)", position: error.position)
            }
        } else if let pointer = JSONPointer(text), !text.isEmpty {
            form = .pointer(pointer)
        } else {
            throw Malformed(
                reason: "A JSONPath begins with $, a JSON Pointer with /, and a tilde in a pointer is ~0 or ~1",
                position: nil)
        }
    }

    /// Whether there can be one place at most.
    private var isSingular: Bool {
        switch form {
        case .pointer: true
        case .path(let path): path.isSingular
        }
    }

    /// The places below a root.
    ///
    /// - Parameter stage: where failures belong.
    /// - Throws: where there are too many, or the task was cancelled.
    func places(in document: JSONDocument, from root: Int, stage: Stage) throws(SourceFailure) -> [Int] {
        switch form {
        case .pointer(let pointer): return pointer.place(in: document, from: root).map { [$0] } ?? []
        case .path(let path):
            do throws(PathEvaluation.Stopped) {
                return try path.places(in: document, from: root)
            } catch {
                switch error {
                case .cancelled where stage == .query: throw .statementCancelled()
                case .cancelled:
                    throw SourceFailure(
                        stage, .deadlineExceeded, "The rows in the answer were not found in time.",
                        hint: "Select less, or smaller pages, or raise timeout.")
                case .tooMany(let limit):
                    throw RESTFailures.answer(
                        "The JSONPath selects more than \(limit) places in one answer.",
                        "Select less, or smaller pages.", stage: stage)
                }
            }
        }
    }

    /// The rows of an answer. What leads to one place means the elements there, where it is an array; else every place is a
    /// row.
    ///
    /// - Parameter stage: where failures belong.
    func rows(in document: JSONDocument, stage: Stage) throws(SourceFailure) -> [Int] {
        var rows: [Int] = []
        for root in document.roots {
            let places = try places(in: document, from: root, stage: stage)
            guard isSingular else {
                rows += places
                continue
            }
            guard let place = places.first else {
                throw RESTFailures.answer(
                    "The answer has nothing at \(text).",
                    "Correct where the rows are, in the statement behind the path or in options.rows.", stage: stage)
            }
            // Lines of JSON are rows as they are.
            if document.kind(at: place) == .array, document.roots.count == 1 {
                rows += document.elements(of: place)
            } else {
                rows.append(place)
            }
        }
        return rows
    }
}
