package dev.varve.persistence.conformance;

/**
 * What Pekko's typed behaviors do on the plugins: {@code EventSourcedBehavior} and Replicated Event Sourcing. To use it, extend
 * it and describe a journal, a snapshot store, and a read journal if there is one.
 */
public abstract class TypedConformance extends Conformance implements EntityCases, RetentionCases, ReplicatedCases {

    @Override
    public final JournalProbe journal() {
        return new JournalProbe(kit());
    }
}
