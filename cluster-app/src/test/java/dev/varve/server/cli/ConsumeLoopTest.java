package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.server.client.ClientSettings;
import dev.varve.server.client.VarveClient;
import dev.varve.server.testkit.CannedServer;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ConsumeLoopTest {
    private static final String TOPIC = "{\"name\":\"t\",\"id\":1,\"retentionMs\":null,\"retentionBytes\":null,"
            + "\"compaction\":\"off\",\"compression\":\"none\",\"segmentBytes\":1000000,\"partitions\":[{\"partition\":0,"
            + "\"group\":0,\"leader\":null,\"replicas\":[],\"state\":\"READY\",\"problem\":\"\"}]}";
    private static final String HEAD = "{\"logStartOffset\":0,\"highWatermark\":9,\"nextOffset\":";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Output printed = new Output(out);
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private ConsumeLoop loop(CannedServer server) throws Exception {
        VarveClient client =
                VarveClient.create(ClientSettings.of(server.url()).withRetries(Duration.ZERO, Duration.ofMillis(5)));
        Streams streams = new Streams(
                InputStream.nullInputStream(), out, new PrintStream(err, true, StandardCharsets.UTF_8), false, false);
        return new ConsumeLoop(client, "t", streams, printed, false);
    }

    private static String record(long offset, String value) {
        return HEAD + (offset + 1) + ",\"records\":[{\"offset\":" + offset
                + ",\"timestamp\":1,\"key\":null,\"value\":\"" + value + "\"}]}";
    }

    @Test
    void one_partition_is_read_though_no_majority_can_say_which_topics_there_are() throws Exception {
        String problem = "{\"status\":503,\"code\":\"not-enough-replicas\",\"detail\":\"no majority\"}";
        try (CannedServer server = CannedServer.start(path -> path.contains("/records")
                ? "{\"logStartOffset\":0,\"highWatermark\":1,\"nextOffset\":1,\"records\":[{\"offset\":0,\"timestamp\":1,"
                        + "\"key\":null,\"value\":\"committed\"}]}"
                : path.contains("/offsets") ? "{\"logStartOffset\":0,\"highWatermark\":1}" : problem)) {
            assertThat(loop(server).run(0, null, false)).isZero();
            printed.flush();
            assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("committed\n");
            assertThatThrownBy(() -> loop(server).run(null, null, false)).hasMessage("no majority");
        }
    }

    @Test
    void who_follows_goes_on_when_the_server_is_back() throws Exception {
        AtomicInteger reads = new AtomicInteger();
        CountDownLatch readOn = new CountDownLatch(1);
        try (CannedServer server = CannedServer.start(path -> {
            if (!path.contains("/records")) {
                return TOPIC;
            } else if (path.contains("from=2&")) {
                readOn.countDown();
                return HEAD + "2,\"records\":[]}";
            } else if (path.contains("from=1&")) {
                if (reads.incrementAndGet() <= 3) {
                    // The connection is cut.
                    throw new IllegalStateException("it is down");
                }
                return record(1, "b");
            }
            return record(0, "a");
        })) {
            ConsumeLoop loop = loop(server);
            FutureTask<Integer> following = new FutureTask<>(() -> loop.run(0, 0L, true));
            Thread thread = new Thread(following);
            thread.start();
            assertThat(readOn.await(30, TimeUnit.SECONDS) || following.isDone()).isTrue();
            thread.interrupt();
            assertThat(following.get(30, TimeUnit.SECONDS)).isEqualTo(ExitCodes.FINE);
        }
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("a\nb\n");
        // Once, however often it was tried.
        assertThat(err.toString(StandardCharsets.UTF_8)).containsOnlyOnce("still trying");
    }

    @Test
    void what_is_read_up_to_the_high_watermark_goes_on_behind_a_gap() throws Exception {
        try (CannedServer server = CannedServer.start(path -> !path.contains("/records")
                ? TOPIC
                : path.contains("from=0&") ? HEAD + "8,\"records\":[]}" : record(8, "z"))) {
            assertThat(loop(server).run(0, 0L, false)).isEqualTo(ExitCodes.FINE);
        }
        printed.flush();
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("z\n");
    }
}
