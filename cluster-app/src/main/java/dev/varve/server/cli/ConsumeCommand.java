package dev.varve.server.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** Prints the records of a topic. */
@Command(
        name = "consume",
        description = {
            "Prints the values of a topic, each followed by a line feed: those of each partition in order, one partition after the"
                    + " other, up to what is stored when it is read. With --follow it goes on as records come, of all partitions as"
                    + " they come, until interrupted, through times when the server is gone.",
            "",
            "A record whose value is null is an empty line; --json tells the two apart.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  varve consume orders > orders.txt",
            "  varve consume orders --partition 2 --from 1000 --json",
            "  varve consume orders --follow"
        })
final class ConsumeCommand implements Callable<Integer> {
    @Mixin
    private ServerOption server;

    @Parameters(paramLabel = "TOPIC", description = "Which topic.")
    private String topic;

    private Integer partition;
    private Long from;

    @Option(names = "--follow", description = "At the end wait for more, until interrupted.")
    private boolean follow;

    @Option(
            names = "--json",
            description =
                    "Print each record as a JSON object on a line: partition, offset, timestamp, key, value, headers.")
    private boolean json;

    private final Streams streams;
    private final Output out;

    ConsumeCommand(Streams streams, Output out) {
        this.streams = streams;
        this.out = out;
    }

    @Option(names = "--partition", paramLabel = "P", description = "Which partition; all by default.")
    void setPartition(int partition) {
        if (partition < 0) {
            throw new TypeConversionException("must be 0 or more");
        }
        this.partition = partition;
    }

    @Option(
            names = "--from",
            paramLabel = "OFFSET",
            description = "The first offset to print, of one partition; the log start offset by default.")
    void setFrom(long from) {
        if (from < 0) {
            throw new TypeConversionException("must be 0 or more");
        }
        this.from = from;
    }

    @Override
    public Integer call() throws IOException {
        return new ConsumeLoop(Remote.client(server.url()), topic, streams, out, json).run(partition, from, follow);
    }
}
