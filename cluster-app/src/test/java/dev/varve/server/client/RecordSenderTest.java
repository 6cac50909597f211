package dev.varve.server.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.cluster.TopicSpec;
import dev.varve.log.format.NewRecord;
import dev.varve.server.testkit.RunningServer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a sender keeps. */
class RecordSenderTest {
    private final RunningServer server = RunningServer.start("");
    private final ClientSettings settings = ClientSettings.of(server.url());
    private final RecordSender sender = new RecordSender(
            new Connection(settings.servers(), settings.requestTimeout(), settings.retryFor(), settings.retryDelay()),
            settings);

    @AfterEach
    void stop() {
        server.close();
    }

    private void send(String topic, int partition) throws Exception {
        sender.send(topic, partition, new NewRecord(1_000, null, new byte[] {1}, List.of()))
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    @Test
    void nothing_is_kept_for_partitions_that_there_are_not() throws Exception {
        server.topics().create(TopicSpec.of("t", 2)).toCompletableFuture().get(10, TimeUnit.SECONDS);
        send("t", 0);
        send("t", 1);
        for (int i = 0; i < 20; i++) {
            int none = 2 + i;
            assertThatThrownBy(() -> send("t", none)).hasMessageContaining("partition");
            assertThatThrownBy(() -> send("no-topic-" + none, 0)).hasMessageContaining("topic");
        }
        assertThat(sender.partitions()).isEqualTo(2);
        send("t", 0);
    }
}
