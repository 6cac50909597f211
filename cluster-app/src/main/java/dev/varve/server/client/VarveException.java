package dev.varve.server.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.OptionalLong;

/** A server refused something, or could not be reached. The message is for people; {@link #code()} is for programs. */
public final class VarveException extends RuntimeException {
    /** The {@link #code()} of a server that could not be reached, or that answered with something else than HTTP and JSON. */
    public static final String UNREACHABLE = "unreachable";

    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;
    private final transient JsonNode members;

    VarveException(int status, String code, String message, JsonNode members) {
        super(message);
        this.status = status;
        this.code = code;
        this.members = members;
    }

    VarveException(String message, Throwable cause) {
        super(message, cause);
        this.status = 0;
        this.code = UNREACHABLE;
        this.members = null;
    }

    /** The status of the answer; 0 if there was none. */
    public int status() {
        return status;
    }

    /** What kind of problem it is, as docs/OPERATIONS.md lists them. */
    public String code() {
        return code;
    }

    /** Whether the same request may be done a little later. */
    public boolean isForNow() {
        return status == 429 || status == 503 || status == 0;
    }

    /** The log start offset, when an offset was out of range. */
    public OptionalLong logStartOffset() {
        return member("logStartOffset");
    }

    /** The high watermark, when an offset was out of range. */
    public OptionalLong highWatermark() {
        return member("highWatermark");
    }

    /** The sequence that a batch of the producer should have begun with, when it was another one. */
    OptionalLong expectedSequence() {
        return member("expectedSequence");
    }

    /** Whether the topic may be another one than it was: gone, or of other partitions that know nothing of the producer. */
    boolean isOfAnotherTopic() {
        return status == 404 || status == 409;
    }

    private OptionalLong member(String name) {
        JsonNode value = members == null ? null : members.get(name);
        return value == null || !value.isIntegralNumber() ? OptionalLong.empty() : OptionalLong.of(value.longValue());
    }
}
