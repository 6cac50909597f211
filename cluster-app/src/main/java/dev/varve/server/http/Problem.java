package dev.varve.server.http;

import dev.varve.cluster.ClusterError;
import dev.varve.partition.PartitionError;
import java.util.Map;

/**
 * Why a request was not done, as RFC 9457 has it: {@code application/problem+json}. Immutable.
 *
 * @param status the status of the response
 * @param code the kind: stable, for programs; docs/OPERATIONS.md lists them
 * @param detail what happened and what to do next, for people
 * @param members what else programs may want to know, numbers and strings by name
 */
record Problem(int status, String code, String detail, Map<String, Object> members) {
    /** After how many seconds a request that failed for now is worth another attempt. */
    static final int RETRY_AFTER_SECONDS = 1;

    static final String INVALID = "invalid-request";
    static final String OVERLOADED = "overloaded";
    static final String OUTCOME_UNKNOWN = "outcome-unknown";

    Problem {
        members = Map.copyOf(members);
    }

    Problem(int status, String code, String detail) {
        this(status, code, detail, Map.of());
    }

    static Problem invalid(String detail) {
        return new Problem(400, INVALID, detail);
    }

    static Problem notFound(String code, String detail) {
        return new Problem(404, code, detail);
    }

    static Problem tooLarge(String code, String detail) {
        return new Problem(413, code, detail);
    }

    static Problem overloaded(String detail) {
        return new Problem(429, OVERLOADED, detail);
    }

    static Problem unavailable(String code, String detail) {
        return new Problem(503, code, detail);
    }

    static Problem outOfRange(String detail, long logStartOffset, long highWatermark) {
        return new Problem(
                416,
                "offset-out-of-range",
                detail,
                Map.of("logStartOffset", logStartOffset, "highWatermark", highWatermark));
    }

    /** Whether the same request may be done a little later. */
    boolean isForNow() {
        return status == 429 || status == 503;
    }

    static Problem of(PartitionError error) {
        String detail = error.message();
        if (error instanceof PartitionError.BelowLogStart below) {
            return outOfRange(detail, below.logStartOffset(), below.logEndOffset());
        } else if (error instanceof PartitionError.AboveLogEnd above) {
            return outOfRange(detail, above.logStartOffset(), above.logEndOffset());
        } else if (error instanceof PartitionError.Corrupt corrupt) {
            return new Problem(
                    500,
                    "damaged",
                    detail,
                    Map.of("firstOffset", corrupt.firstOffset(), "lastOffset", corrupt.lastOffset()));
        } else if (error instanceof PartitionError.CodecUnavailable) {
            return new Problem(500, "codec-unavailable", detail);
        } else if (error instanceof PartitionError.BatchTooLarge large) {
            return new Problem(413, "batch-too-large", detail, Map.of("maxBatchBytes", large.maxBatchBytes()));
        } else if (error instanceof PartitionError.Invalid) {
            return invalid(detail);
        } else if (error instanceof PartitionError.StaleEpoch) {
            return new Problem(409, "stale-epoch", detail);
        } else if (error instanceof PartitionError.OutOfSequence sequence) {
            return new Problem(409, "out-of-sequence", detail, Map.of("expectedSequence", sequence.expectedSequence()));
        } else if (error instanceof PartitionError.StaleProducerEpoch stale) {
            return new Problem(409, "stale-producer-epoch", detail, Map.of("currentEpoch", (int) stale.currentEpoch()));
        } else if (error instanceof PartitionError.KeyConflict) {
            return new Problem(409, "key-conflict", detail);
        } else if (error instanceof PartitionError.Overloaded) {
            return overloaded(detail);
        } else if (error instanceof PartitionError.NoSuchPartition) {
            return notFound("no-such-partition", detail);
        } else if (error instanceof PartitionError.NotEnoughReplicas) {
            return unavailable("not-enough-replicas", detail);
        } else if (error instanceof PartitionError.ReadOnly) {
            return unavailable("read-only", detail);
        } else if (error instanceof PartitionError.OutcomeUnknown) {
            return unavailable(OUTCOME_UNKNOWN, detail);
        } else if (error instanceof PartitionError.IoFailed) {
            return new Problem(500, "io-failed", detail);
        }
        // Failed, Stopped: another node may have taken over by the next attempt.
        return unavailable("unavailable", detail);
    }

    static Problem of(ClusterError error) {
        return new Problem(status(error), error.code(), error.message());
    }

    private static int status(ClusterError error) {
        if (error instanceof ClusterError.TopicExists) {
            return 409;
        } else if (error instanceof ClusterError.NoSuchTopic || error instanceof ClusterError.NoSuchPartition) {
            return 404;
        } else if (error instanceof ClusterError.InvalidRequest) {
            return 400;
        } else if (error instanceof ClusterError.Overloaded) {
            return 429;
        }
        // NotEnoughReplicas, NotLeader, OutcomeUnknown, Unavailable.
        return 503;
    }
}
