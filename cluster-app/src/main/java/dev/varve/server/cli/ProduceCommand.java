package dev.varve.server.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** Sends lines to a topic. */
@Command(
        name = "produce",
        description = {
            "Sends each line of a file or of standard input to a topic as a record.",
            "",
            "A line ends at a line feed, which is not sent; a last line without one counts. Lines with a key go to the partition of"
                    + " the key, the others to all partitions in turn. What fails for now is sent again and stored once. The first"
                    + " line that cannot be stored ends the command; the summary on standard error says how many were.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  varve produce orders orders.txt",
            "  tail -F app.log | varve produce logs --acks",
            "  varve produce users --key-separator : /etc/passwd"
        })
final class ProduceCommand implements Callable<Integer> {
    @Mixin
    private ServerOption server;

    @Parameters(index = "0", paramLabel = "TOPIC", description = "Where the records go.")
    private String topic;

    @Parameters(index = "1", arity = "0..1", paramLabel = "FILE", description = "What to read; else standard input.")
    private Path file;

    private int partition = -1;

    @Option(
            names = "--key-separator",
            paramLabel = "C",
            converter = KeySeparator.Converter.class,
            description =
                    "What lies before the first C of a line is the key, what lies behind it the value; a line without"
                            + " C has no key. \\t stands for a tab.")
    private KeySeparator keySeparator = new KeySeparator(new byte[0]);

    @Option(
            names = "--acks",
            description =
                    "Print a line \"acked PARTITION OFFSET\" for each record once it is stored, in the order of the lines.")
    private boolean acks;

    private final Streams streams;
    private final Output out;
    private final GracefulStop stop;

    ProduceCommand(Streams streams, Output out, GracefulStop stop) {
        this.streams = streams;
        this.out = out;
        this.stop = stop;
    }

    @Option(names = "--partition", paramLabel = "P", description = "Send all lines to this partition.")
    void setPartition(int partition) {
        if (partition < 0) {
            throw new TypeConversionException("must be 0 or more");
        }
        this.partition = partition;
    }

    @Override
    public Integer call() throws IOException {
        OptionalInt where = partition < 0 ? OptionalInt.empty() : OptionalInt.of(partition);
        return new ProduceLoop(server.url(), topic, where, acks ? out : null, streams, stop)
                .run(file, keySeparator.bytes());
    }
}
