import Foundation

/// Reads `options` where a format has no objects and they came as JSON text.
enum OptionsText {
    /// The object's entries; nil where the text is no JSON object, or holds more than scalars.
    static func read(_ text: String) -> [String: BodyValue]? {
        try? JSONDecoder().decode([String: Scalar].self, from: Data(text.utf8)).mapValues(\.value)
    }

    private struct Scalar: Decodable {
        let value: BodyValue

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                value = .null
            } else if let flag = try? container.decode(Bool.self) {
                value = .flag(flag)
            } else if let number = try? container.decode(Int.self) {
                value = .number(String(number))
            } else if let number = try? container.decode(Double.self) {
                value = .number(String(number))
            } else {
                value = .text(try container.decode(String.self))
            }
        }
    }
}
