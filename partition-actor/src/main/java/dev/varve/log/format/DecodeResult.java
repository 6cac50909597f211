package dev.varve.log.format;

/** What lies at a position where a frame may begin. */
public sealed interface DecodeResult {

    /** A frame whose checksums are right. */
    record Ok(FrameHeader header) implements DecodeResult {}

    /** Nothing: no bytes are left, or those that are given are zeros, as written ahead of the end. */
    record End() implements DecodeResult {}

    /**
     * The bytes end before the frame does.
     *
     * @param header the fixed fields, or null if not even they are there or right
     * @param neededBytes how many bytes the frame takes, as far as that is known
     */
    record Torn(FrameHeader header, long neededBytes) implements DecodeResult {}

    /**
     * Bytes that are no frame of this log at this place, or a frame that fails its checksum.
     *
     * @param header the fixed fields if they are right on their own, else null
     */
    record Corrupt(FrameHeader header, String reason) implements DecodeResult {}

    /**
     * A frame of this log in its place, for the checksum of its fixed fields is right, that this reader is not made for: in a
     * format of a later version, or over the limit. Neither damage nor a torn commit, so nothing may be done about it but to
     * say so.
     *
     * @param reason what it is, and what to do about it
     */
    record Unreadable(String reason) implements DecodeResult {}
}
