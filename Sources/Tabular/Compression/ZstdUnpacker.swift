import CZstd
import SourceModel

/// Undoes zstd (RFC 8878) by libzstd: frames one after another, skippable ones among them. Checksums are verified where
/// frames have them.
final class ZstdUnpacker: Unpacker {
    /// Frames may look back by 2 to the power of this, in bytes: 128 MiB, which is also the most that the program `zstd`
    /// unpacks unasked. It bounds the memory that a frame takes.
    static let windowLog: CInt = 27

    private let context: OpaquePointer?
    /// Bytes that the library waits for to end the frame; 0 after a frame.
    private var wanted = 1

    init() {
        context = ZSTD_createDCtx()
        if context != nil { ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLog) }
    }

    deinit { ZSTD_freeDCtx(context) }

    var mayEnd: Bool { wanted == 0 }

    func unpack(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(UnpackingFault) -> UnpackingStep {
        guard context != nil else { throw .damaged("there is no memory to unpack zstd") }
        // Asked with nothing after a frame, the library would wait for another one.
        guard !(input.isEmpty && mayEnd) else { return UnpackingStep() }
        let isFollowing = mayEnd
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let result = ZSTD_decompressStream(context, &target, &source)
        guard ZSTD_isError(result) == 0 else { throw Self.fault(result, isFollowing, after: source.pos) }
        wanted = result
        return UnpackingStep(consumed: source.pos, written: target.pos)
    }

    private static func fault(_ result: Int, _ isFollowing: Bool, after consumed: Int) -> UnpackingFault {
        switch ZSTD_getErrorCode(result) {
        case ZSTD_error_prefix_unknown where isFollowing:
            return .damaged("something else follows the zstd data", after: consumed)
        case ZSTD_error_frameParameter_windowTooLarge:
            return UnpackingFault(
                code: .fileTooLarge, what: "the zstd data needs a window of more than \(1 << (windowLog - 20)) MiB",
                hint: "Compress the file anew without --long, or with --long=\(windowLog).", consumed: consumed)
        case ZSTD_error_dictionary_wrong:
            return UnpackingFault(
                code: .fileMalformed, what: "the zstd data was compressed with a dictionary",
                hint: "Compress the file anew without a dictionary.", consumed: consumed)
        case ZSTD_error_checksum_wrong:
            return .damaged("the zstd data is damaged: its checksum does not hold", after: consumed)
        case ZSTD_error_memory_allocation:
            return .damaged("there is no memory to unpack zstd", after: consumed)
        default:
            return .damaged(
                "the zstd data is damaged: \(String(cString: ZSTD_getErrorName(result)))", after: consumed)
        }
    }
}
