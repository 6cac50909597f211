package dev.varve.log.io;

import org.slf4j.LoggerFactory;

/**
 * A logger that is made when there is something to say: where nothing else has done it yet, starting the logging library of an
 * application takes several times as long as opening a log. Any thread.
 */
public final class LateLogger {
    private final Class<?> owner;

    public LateLogger(Class<?> owner) {
        this.owner = owner;
    }

    public void info(String format, Object... arguments) {
        LoggerFactory.getLogger(owner).info(format, arguments);
    }

    public void warn(String format, Object... arguments) {
        LoggerFactory.getLogger(owner).warn(format, arguments);
    }

    public void error(String format, Object... arguments) {
        LoggerFactory.getLogger(owner).error(format, arguments);
    }
}
