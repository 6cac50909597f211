package dev.varve.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.junit.jupiter.api.Test;

/** What the writer of a group does when the server fails in ways that nobody foresaw. */
class RaftWriterTest {
    private static final RaftPeerId SELF = RaftPeerId.valueOf("n1");

    /** A server that is not there for anything but its name. */
    private static RaftServer failing(Error failure) {
        return Proxies.of(RaftServer.class, name -> {
            if (name.equals("getId")) {
                return SELF;
            }
            throw failure;
        });
    }

    private static void assertUnknown(CompletableFuture<byte[]> result) {
        assertThatThrownBy(() -> result.get(30, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(ClusterException.class, failure -> assertThat(failure.error())
                        .isInstanceOf(ClusterError.OutcomeUnknown.class));
    }

    @Test
    void an_error_fails_its_entry_and_the_next_one_is_written_all_the_same() {
        RaftGroup group = RaftGroup.valueOf(
                RaftGroupId.valueOf(UUID.randomUUID()),
                List.of(RaftPeer.newBuilder()
                        .setId(SELF)
                        .setAddress("127.0.0.1:1")
                        .build()));
        try (RaftWriter writer =
                new RaftWriter("test", failing(new StackOverflowError("deep")), group, null, Duration.ofSeconds(1))) {
            assertUnknown(writer.submit(new byte[] {1}).toCompletableFuture());
            assertUnknown(writer.submit(new byte[] {2}).toCompletableFuture());
        }
    }
}
