package dev.varve.server.records;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;

/** Well-formed JSON that is no record. The message is for the person who wrote it. */
public final class MalformedRecordException extends JacksonException {
    private static final long serialVersionUID = 1L;

    public MalformedRecordException(String message) {
        super(message);
    }

    @Override
    public JsonLocation getLocation() {
        return null;
    }

    @Override
    public String getOriginalMessage() {
        return getMessage();
    }

    @Override
    public Object getProcessor() {
        return null;
    }
}
