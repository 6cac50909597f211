package dev.varve.server.cli;

import dev.varve.log.SyncPolicy;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** When appends are synced. */
final class SyncPolicyOption {
    @Option(
            names = "--sync",
            paramLabel = "POLICY",
            defaultValue = "every-write",
            converter = Converter.class,
            description = {
                "When records are acknowledged, and what they survive then (default: ${DEFAULT-VALUE}):",
                "  every-write: once synced to the disk; the loss of power",
                "  every-n-writes:N: once written, synced every N batches; the death of the process",
                "  none: once written, synced at the end; the death of the process"
            })
    private SyncPolicy policy;

    @Option(
            names = "--sync-delay",
            paramLabel = "MILLISECONDS",
            defaultValue = "1000",
            description = "Under every-n-writes: sync after so much time at the latest (default: ${DEFAULT-VALUE}).")
    private long delayMillis;

    /** @throws IllegalArgumentException if the numbers are out of range */
    SyncPolicy policy() {
        return policy instanceof SyncPolicy.EveryNWrites every
                ? SyncPolicy.everyNWrites(every.writes(), Duration.ofMillis(delayMillis))
                : policy;
    }

    /** From the words of the command line. */
    private static final class Converter implements ITypeConverter<SyncPolicy> {
        private static final String EVERY_N_WRITES = "every-n-writes:";

        @Override
        public SyncPolicy convert(String text) {
            if (text.equals("none")) {
                return SyncPolicy.none();
            }
            if (text.equals("every-write")) {
                return SyncPolicy.everyWrite();
            }
            if (text.startsWith(EVERY_N_WRITES)) {
                try {
                    return SyncPolicy.everyNWrites(
                            Integer.parseInt(text.substring(EVERY_N_WRITES.length())), Duration.ofSeconds(1));
                } catch (IllegalArgumentException e) {
                    throw new TypeConversionException("'" + text + "' needs a whole number of batches, 1 or more");
                }
            }
            throw new TypeConversionException("'" + text + "' is none of none, every-write, every-n-writes:N");
        }
    }
}
