/// How the bytes of a cell are to be read; decided once for each column.
package indirect enum CellForm: Sendable, Hashable {
    /// Digits that a double holds exactly: a JSON number as it stands.
    case number
    /// A number in floating point as text; `NaN` and the infinities become JSON strings.
    case float
    /// `t`, `f`, `1`, `0`, `true`, `false`.
    case boolean
    /// Text; also numbers of more digits than a double holds, which lose none that way.
    case text
    /// A JSON document, passed on as it stands where it is one, else as text.
    case json
    /// PostgreSQL's `\x` and hexadecimal digits; base64 in the result.
    case hexadecimal
    /// Bytes; base64 in the result.
    case bytes
    /// `2024-02-29 23:59:59.5`, also with an offset such as `+00` or `+05:30`: RFC 3339's `T` and `Z` in the result. What
    /// has another form, such as `infinity` or a year before Christ, is passed on as text.
    case timestamp
    /// PostgreSQL's array literal of elements of this form: a JSON array, or the literal itself in CSV. The separator is
    /// the elements' type's own.
    case array(CellForm, separator: UInt8 = UInt8(ascii: ","))
}
