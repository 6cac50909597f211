package dev.varve.persistence.conformance;

/**
 * What a journal owes, spoken to as persistent actors do. To use it, extend it and describe the plugin:
 *
 * <pre>{@code
 * class MyJournalConformanceTest extends JournalConformance {
 *     @Override
 *     protected PluginUnderTest describe(Path directory) {
 *         return PluginUnderTest.of(ConfigFactory.parseString("""
 *                         pekko.persistence.journal.plugin = "my.journal"
 *                         my.journal.directory = "%s"
 *                         """.formatted(directory)))
 *                 .without(Capability.KEEPS_METADATA_OF_EVENTS)
 *                 .withEventLimit(1_000_000, 1_000_001);
 *     }
 * }
 * }</pre>
 *
 * The cases are in the interfaces, a topic each.
 */
public abstract class JournalConformance extends Conformance
        implements ReplayCases,
                DeletionCases,
                DeletedPrefixCases,
                RejectionCases,
                WriterCases,
                OrderCases,
                EventContentCases,
                EventAdapterCases,
                JournalRestartCases {

    @Override
    public final JournalProbe journal() {
        return new JournalProbe(kit());
    }
}
