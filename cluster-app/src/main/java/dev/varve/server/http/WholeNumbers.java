package dev.varve.server.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.varve.server.records.MalformedRecordException;
import java.io.IOException;

/** Reads numbers that a request says, and takes nothing else for one: not a fraction without its fraction. For the thread of the parser. */
final class WholeNumbers {
    private WholeNumbers() {}

    /** The value of the field at which the parser stands. */
    static long readLong(JsonParser json) throws IOException {
        require(json);
        return json.getLongValue();
    }

    /** The value of the field at which the parser stands. */
    static int readInt(JsonParser json) throws IOException {
        require(json);
        return json.getIntValue();
    }

    private static void require(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw new MalformedRecordException("\"" + json.currentName() + "\" must be a whole number");
        }
    }
}
