package dev.varve.server.http;

import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;

/** Answers what is no HTTP. Found by its name in the settings of the server, as a Scala object would be. Any thread. */
public final class UnreadableRequests extends ParsingErrorHandler {
    /** The one there is, under the name that Scala gives it. */
    public static final UnreadableRequests MODULE$ = new UnreadableRequests();

    private UnreadableRequests() {}

    @Override
    public HttpResponse handle(StatusCode status, ErrorInfo info, LoggingAdapter log, ServerSettings settings) {
        log.debug("a request cannot be read: {}", info.formatPretty());
        return Answers.problem(
                new Problem(status.intValue(), "unreadable-request", "the request cannot be read: " + info.summary()));
    }
}
