package dev.varve.server.records;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.databind.node.ValueNode;
import dev.varve.cluster.TopicCompaction;
import java.io.IOException;

/** The compaction of a topic as JSON: false for off, true for latest-of-key, else its name; read from the names as well. */
public final class CompactionJson {
    private CompactionJson() {}

    public static ValueNode node(TopicCompaction compaction) {
        return compaction == TopicCompaction.UNDELETED
                ? TextNode.valueOf(compaction.toString())
                : BooleanNode.valueOf(compaction == TopicCompaction.LATEST_OF_KEY);
    }

    public static void write(JsonGenerator json, String field, TopicCompaction compaction) throws IOException {
        json.writeFieldName(field);
        node(compaction).serialize(json, null);
    }

    /**
     * The value at which a parser is.
     *
     * @throws IllegalArgumentException if it is none; the message says which there are
     */
    public static TopicCompaction read(JsonParser json) throws IOException {
        return json.currentToken().isBoolean()
                ? TopicCompaction.of(json.getBooleanValue())
                : TopicCompaction.named(json.getText());
    }

    /** A value in a tree, likewise. */
    public static TopicCompaction of(JsonNode value) {
        return value.isBoolean() ? TopicCompaction.of(value.booleanValue()) : TopicCompaction.named(value.asText());
    }
}
