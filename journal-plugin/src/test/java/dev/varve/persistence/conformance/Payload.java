package dev.varve.persistence.conformance;

import org.apache.pekko.actor.ActorRef;

/** Events of the suite's own. Those for which nothing special is needed are strings. */
sealed interface Payload {
    /** Can only be serialized, and read again, where Pekko's transport information is set. */
    record Address(ActorRef ref) implements Payload {}

    /** What {@link TemperatureAdapter} stores for a {@link Temperature}. */
    record Degrees(int value) implements Payload {}

    /** What it stores for several at once. */
    record Range(int from, int to) implements Payload {}
}
