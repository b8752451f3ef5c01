import SourceModel

/// Undoes one way of compressing, piece by piece. What it holds in memory is bounded, whatever the data says.
protocol Unpacker: AnyObject {
    /// Takes input and gives output as far as either goes.
    ///
    /// - Parameter output: not empty.
    func unpack(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(UnpackingFault) -> UnpackingStep

    /// Whether the data may end after what was taken and given so far.
    var mayEnd: Bool { get }
}

/// What one call did.
struct UnpackingStep: Equatable {
    var consumed = 0
    var written = 0
}

/// Why data cannot be unpacked.
struct UnpackingFault: Error, Equatable {
    var code: FailureCode
    /// A clause without a full stop.
    var what: String
    /// An imperative.
    var hint: String

    /// How many bytes of the call's input were taken before the fault.
    var consumed = 0

    /// The data is not what the program wrote that compressed it.
    static func damaged(_ what: String, after consumed: Int = 0) -> UnpackingFault {
        UnpackingFault(
            code: .fileMalformed, what: what, hint: "Copy the file again, or compress it anew.", consumed: consumed)
    }
}
