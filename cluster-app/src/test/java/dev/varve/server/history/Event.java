package dev.varve.server.history;

import java.util.StringJoiner;

/**
 * Something that clients of a cluster did or were told, about one topic. Their order is that in which they happened: what is asked for is noted
 * down before it is sent, and an answer when it is there. One line of text each.
 */
sealed interface Event {

    /** The value of a record: who made it, and which of his it is. Nobody makes one twice. */
    record Value(int producer, int number) {
        @Override
        public String toString() {
            return producer + "-" + number;
        }

        /** From {@code PRODUCER-NUMBER} and whatever follows behind another hyphen. */
        static Value parse(String text) {
            String[] parts = text.split("-", 3);
            if (parts.length < 2) {
                throw new IllegalArgumentException("'" + text + "' is no value that a producer made");
            }
            return new Value(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
        }
    }

    /** @param isOrdered whether what is acknowledged of him lies in the order in which he handed it over, overlapping or not */
    record Joined(int producer, boolean isOrdered) implements Event {}

    /** An append is about to be sent. */
    record Invoked(Value value, int partition) implements Event {}

    record Acknowledged(Value value, long offset) implements Event {}

    /** Not stored, as the answer says. */
    record Refused(Value value, String code) implements Event {}

    /** Stored once, or not at all, now or later. */
    record Unknown(Value value, String code) implements Event {}

    /** A reader begins at an offset: at 0, or where its group of consumers has committed. */
    record Began(String reader, int partition, long offset) implements Event {}

    /** A reader goes on at what its group has committed. */
    record Resumed(String reader, int partition, long offset) implements Event {}

    /** Records that a reader got, without a gap from this offset on. */
    record Seen(String reader, int partition, long offset, Value value) implements Event {}

    /** A reader was told that an offset is out of range up to which it had read. */
    record OutOfRange(String reader, int partition, long offset) implements Event {}

    /** A reader has read up to here, and this is all there is. */
    record Ended(String reader, int partition, long offset) implements Event {}

    /** A commit of an offset is about to be sent; if no {@link Committed} follows, it was done or not, now or later. */
    record Committing(String reader, int partition, long offset) implements Event {}

    record Committed(String reader, int partition, long offset) implements Event {}

    /** What was done to the cluster; for people. */
    record Note(String text) implements Event {}

    default String line() {
        StringJoiner line = new StringJoiner(" ");
        if (this instanceof Joined event) {
            line.add("joined").add(Integer.toString(event.producer)).add(Boolean.toString(event.isOrdered));
        } else if (this instanceof Invoked event) {
            line.add("invoked").add(event.value.toString()).add(Integer.toString(event.partition));
        } else if (this instanceof Acknowledged event) {
            line.add("acknowledged").add(event.value.toString()).add(Long.toString(event.offset));
        } else if (this instanceof Refused event) {
            line.add("refused").add(event.value.toString()).add(event.code);
        } else if (this instanceof Unknown event) {
            line.add("unknown").add(event.value.toString()).add(event.code);
        } else if (this instanceof Seen event) {
            return reading("seen", event.reader, event.partition, event.offset) + " " + event.value;
        } else if (this instanceof Began event) {
            return reading("began", event.reader, event.partition, event.offset);
        } else if (this instanceof Resumed event) {
            return reading("resumed", event.reader, event.partition, event.offset);
        } else if (this instanceof OutOfRange event) {
            return reading("out-of-range", event.reader, event.partition, event.offset);
        } else if (this instanceof Ended event) {
            return reading("ended", event.reader, event.partition, event.offset);
        } else if (this instanceof Committing event) {
            return reading("committing", event.reader, event.partition, event.offset);
        } else if (this instanceof Committed event) {
            return reading("committed", event.reader, event.partition, event.offset);
        } else if (this instanceof Note event) {
            line.add("note").add(event.text.replace('\n', ' '));
        }
        return line.toString();
    }

    private static String reading(String what, String reader, int partition, long offset) {
        return what + " " + reader + " " + partition + " " + offset;
    }

    static Event parse(String line) {
        String[] words = line.split(" ");
        return switch (words[0]) {
            case "joined" -> new Joined(Integer.parseInt(words[1]), Boolean.parseBoolean(words[2]));
            case "invoked" -> new Invoked(Value.parse(words[1]), Integer.parseInt(words[2]));
            case "acknowledged" -> new Acknowledged(Value.parse(words[1]), Long.parseLong(words[2]));
            case "refused" -> new Refused(Value.parse(words[1]), words[2]);
            case "unknown" -> new Unknown(Value.parse(words[1]), words[2]);
            case "seen" -> new Seen(words[1], partition(words), offset(words), Value.parse(words[4]));
            case "began" -> new Began(words[1], partition(words), offset(words));
            case "resumed" -> new Resumed(words[1], partition(words), offset(words));
            case "out-of-range" -> new OutOfRange(words[1], partition(words), offset(words));
            case "ended" -> new Ended(words[1], partition(words), offset(words));
            case "committing" -> new Committing(words[1], partition(words), offset(words));
            case "committed" -> new Committed(words[1], partition(words), offset(words));
            case "note" -> new Note(line.substring("note ".length()));
            default -> throw new IllegalArgumentException("'" + line + "' is no event");
        };
    }

    private static int partition(String[] words) {
        return Integer.parseInt(words[2]);
    }

    private static long offset(String[] words) {
        return Long.parseLong(words[3]);
    }
}
