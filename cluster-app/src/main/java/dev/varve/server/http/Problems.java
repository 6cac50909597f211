package dev.varve.server.http;

import com.fasterxml.jackson.core.JacksonException;
import dev.varve.cluster.ClusterException;
import dev.varve.partition.PartitionException;
import java.io.CharConversionException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.http.impl.engine.server.ServerTerminationDeadlineReached;
import org.apache.pekko.http.scaladsl.model.EntityStreamException;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.stream.StreamTcpException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an exception means to who sent the request. Any thread. */
final class Problems {
    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

    private Problems() {}

    static Problem of(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof ProblemException known) {
            return known.problem();
        } else if (cause instanceof ClusterException cluster) {
            return Problem.of(cluster.error());
        } else if (cause instanceof PartitionException partition) {
            return Problem.of(partition.error());
        } else if (cause instanceof JacksonException json) {
            return Problem.invalid("the body cannot be read: " + words(json));
        } else if (cause instanceof CharConversionException) {
            return Problem.invalid("the body cannot be read: it is no JSON in UTF-8");
        } else if (cause instanceof EntityStreamSizeException size) {
            return tooLarge(size.limit());
        } else if (cause instanceof EntityStreamException || cause instanceof StreamTcpException) {
            return Problem.invalid("the body cannot be read: " + cause.getMessage());
        } else if (cause instanceof ServerTerminationDeadlineReached) {
            return Problem.unavailable(
                    "stopping", "this server is stopping, and has cut off what was still on its way to it");
        } else if (cause instanceof TimeoutException) {
            return Problem.unavailable(
                    "no-answer", "no answer came in time; whatever was asked for may be done all the same");
        }
        LOG.error("a request failed for a reason that nobody foresaw", cause);
        return new Problem(
                500, "internal", "something went wrong that nobody foresaw; the log of the server says what");
    }

    static Problem tooLarge(long limit) {
        return Problem.tooLarge(
                "request-too-large",
                "the body of a request may have " + limit
                        + " bytes (varve.server.http.max-request-bytes); send fewer records at a time, or stream them as"
                        + " application/x-ndjson");
    }

    /** The words of Jackson without the source, which is the request itself. */
    private static String words(JacksonException json) {
        return json.getLocation() == null
                ? json.getOriginalMessage()
                : json.getOriginalMessage() + " (line " + json.getLocation().getLineNr() + ", column "
                        + json.getLocation().getColumnNr() + ")";
    }
}
