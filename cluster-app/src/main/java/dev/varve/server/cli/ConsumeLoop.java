package dev.varve.server.cli;

import dev.varve.log.format.LogRecord;
import dev.varve.server.client.Fetched;
import dev.varve.server.client.VarveClient;
import dev.varve.server.client.VarveException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;

/** Prints records of a topic as they are read. For one thread. */
final class ConsumeLoop {
    private static final int READ_BYTES = 1 << 20;
    private static final Duration WAIT = Duration.ofSeconds(10);

    private final VarveClient client;
    private final String topic;
    private final Streams streams;
    private final Output out;
    private final JsonLines json;

    ConsumeLoop(VarveClient client, String topic, Streams streams, Output out, boolean json) throws IOException {
        this.client = client;
        this.topic = topic;
        this.streams = streams;
        this.out = out;
        this.json = json ? new JsonLines(out) : null;
    }

    /**
     * @param partition which one; null for all
     * @param from the first offset; null for the log start offset
     */
    int run(Integer partition, Long from, boolean follow) throws IOException {
        List<Integer> partitions = partitions(partition, from);
        if (follow) {
            follow(partitions, from);
        } else {
            for (int each : partitions) {
                upToHighWatermark(each, first(each, from));
            }
        }
        return ExitCodes.FINE;
    }

    private List<Integer> partitions(Integer wanted, Long from) {
        int count;
        try {
            count = Remote.await(client.describeTopic(topic))
                    .orElseThrow(() -> new RefusedException("there is no topic '" + topic + "'"))
                    .partitions()
                    .size();
        } catch (VarveException e) {
            if (wanted != null && e.code().equals("not-enough-replicas")) {
                // Which topics there are nobody can say without a majority; what is committed can be read.
                return List.of(wanted);
            }
            throw e;
        }
        if (wanted != null && wanted >= count) {
            throw new WrongUsageException(
                    "topic '" + topic + "' has partitions 0 to " + (count - 1) + ", and no " + wanted);
        }
        if (from != null && wanted == null && count > 1) {
            throw new WrongUsageException("--from is an offset of one partition, and topic '" + topic + "' has " + count
                    + ": say which with --partition");
        }
        return wanted == null ? IntStream.range(0, count).boxed().toList() : List.of(wanted);
    }

    private long first(int partition, Long from) {
        return from != null ? from : Remote.await(client.logStartOffset(topic, partition));
    }

    private void upToHighWatermark(int partition, long from) throws IOException {
        long next = from;
        long end = Long.MAX_VALUE;
        while (next < end) {
            Fetched fetched = Remote.await(client.read(topic, partition, next, READ_BYTES, Duration.ZERO));
            end = Math.min(end, fetched.highWatermark());
            print(partition, fetched, end);
            next = fetched.nextOffset() > next ? fetched.nextOffset() : end;
        }
    }

    /** What was read of a partition, or why not. */
    private record Read(int partition, long from, Fetched fetched, Throwable failure) {}

    private void follow(List<Integer> partitions, Long from) throws IOException {
        BlockingQueue<Read> reads = new LinkedBlockingQueue<>();
        for (int partition : partitions) {
            read(partition, first(partition, from), reads);
        }
        boolean isLost = false;
        try {
            while (true) {
                Read read = reads.take();
                VarveException problem = read.failure() == null ? null : problem(read.failure());
                long next = problem == null ? read.fetched().nextOffset() : afterFailure(read, problem, isLost);
                isLost = problem != null && problem.isForNow();
                if (problem == null) {
                    print(read.partition(), read.fetched(), Long.MAX_VALUE);
                    out.flush();
                }
                read(read.partition(), next, reads);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read(int partition, long from, BlockingQueue<Read> reads) {
        client.read(topic, partition, from, READ_BYTES, WAIT)
                .whenComplete((fetched, failure) -> reads.add(new Read(partition, from, fetched, failure)));
    }

    private static VarveException problem(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (cause instanceof VarveException problem) {
            return problem;
        }
        throw new IllegalStateException(cause);
    }

    /**
     * Where to go on. A server that is gone may come back, and who follows is here to stay; retention may have taken what was to be read
     * next, and then it goes on behind that.
     *
     * @param isSaid whether the server was gone before
     */
    private long afterFailure(Read read, VarveException problem, boolean isSaid) {
        if (problem.isForNow()) {
            if (!isSaid) {
                streams.err().println("varve: " + problem.getMessage() + "; still trying, interrupt to give up");
            }
            return read.from();
        }
        long start = problem.logStartOffset().orElse(0);
        if (start <= read.from()) {
            throw problem;
        }
        streams.err()
                .println("varve: offsets " + read.from() + " to " + (start - 1) + " of partition " + read.partition()
                        + " were deleted meanwhile; going on at " + start);
        return start;
    }

    private void print(int partition, Fetched fetched, long end) throws IOException {
        for (LogRecord record : fetched.records()) {
            if (record.offset() >= end) {
                return;
            }
            if (json != null) {
                json.record(partition, record);
            } else {
                if (record.value() != null) {
                    out.write(record.value());
                }
                out.write('\n');
            }
        }
    }
}
