package dev.varve.persistence.conformance;

/**
 * What a read journal owes for the queries that it claims. To use it, extend it and describe the plugin, with
 * {@link PluginUnderTest#withQueryPlugin}: events are written through the journal that
 * {@code pekko.persistence.journal.plugin} names. It is expected that an acknowledged event is in a query that begins later;
 * that offsets are exclusive, and none of a stream's elements comes again from any of its offsets; and that the events of a persistence id come
 * in order. No order is expected among those of several.
 */
public abstract class ReadJournalConformance extends Conformance
        implements PersistenceIdsCases,
                EventsByPersistenceIdCases,
                EventsByTagCases,
                EventsBySliceCases,
                SingleEventCases {

    @Override
    public final JournalProbe journal() {
        return new JournalProbe(kit());
    }
}
