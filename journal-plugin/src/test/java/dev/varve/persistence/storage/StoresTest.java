package dev.varve.persistence.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import dev.varve.log.KeyCondition;
import dev.varve.log.format.NewRecord;
import dev.varve.partition.PartitionActor.AppendReply;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Failure;
import dev.varve.partition.PartitionActor.LocalAppend;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionActor.Subscribe;
import dev.varve.partition.PartitionActor.TailReply;
import dev.varve.partition.PartitionError;
import dev.varve.persistence.VarvePlugin;
import dev.varve.persistence.journal.EventJournal;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.RecipientRef;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where stores lie, and how many partitions they have. */
class StoresTest {
    @TempDir
    Path directory;

    /** Opens the journal of a system with these settings in addition, and says how many partitions it has. */
    private int partitions(String settings) {
        Config config = ConfigFactory.parseString(settings)
                .withFallback(VarvePlugin.in(directory).config())
                .withFallback(ConfigFactory.load());
        ActorTestKit kit = ActorTestKit.create(config);
        try {
            Config section = kit.system().settings().config().getConfig("varve.journal");
            return EventJournal.of(kit.system(), section)
                    .requests()
                    .partitions()
                    .count();
        } finally {
            kit.shutdownTestKit();
        }
    }

    @Test
    void a_journal_keeps_the_number_of_partitions_that_it_was_made_with() {
        assertThat(partitions("varve.journal.partitions = 3")).isEqualTo(3);
        assertThat(partitions("")).isEqualTo(3);
        assertThat(partitions("varve.journal.partitions = 3")).isEqualTo(3);
        assertThatThrownBy(() -> partitions("varve.journal.partitions = 4"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("has 3 partitions");
    }

    @Test
    void a_journal_whose_number_of_partitions_was_lost_is_not_opened_with_another() throws Exception {
        partitions("varve.journal.partitions = 3");
        Path file = directory.resolve("journal/partitions");
        Files.delete(file);
        assertThatThrownBy(() -> partitions(""))
                .isInstanceOf(UncheckedIOException.class)
                .cause()
                .hasMessageContaining("is missing")
                .hasMessageContaining("varve store 1, 3 partitions");
        assertThat(file).doesNotExist();
        Files.writeString(file, "varve store 1, 3 partitions");
        assertThat(partitions("")).isEqualTo(3);
    }

    @Test
    void a_journal_without_a_directory_says_which_setting_is_missing() {
        assertThatThrownBy(() -> partitions("varve.directory = \"\""))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("varve.directory");
    }

    @Test
    void two_stores_of_different_kinds_do_not_share_a_directory() {
        ActorTestKit kit = ActorTestKit.create(VarvePlugin.in(directory).config());
        try {
            Config root = kit.system().settings().config();
            EventJournal.of(kit.system(), root.getConfig("varve.journal"));
            Config same = ConfigFactory.parseString("directory = \"" + directory.resolve("journal") + "\"")
                    .withFallback(root.getConfig("varve.state"));
            assertThatThrownBy(
                            () -> VarveStorage.get(kit.system()).store(same, "states", (requests, system) -> "states"))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("each needs one of its own");
        } finally {
            kit.shutdownTestKit();
        }
    }

    @Test
    void what_reaches_a_partition_that_has_ended_is_refused_and_not_left_unanswered() throws Exception {
        ActorTestKit kit = ActorTestKit.create(VarvePlugin.in(directory).config());
        try {
            Config section = kit.system().settings().config().getConfig("varve.journal");
            Partitions partitions =
                    EventJournal.of(kit.system(), section).requests().partitions();
            RecipientRef<Command> partition = partitions.partition(0);
            partitions.close().toCompletableFuture().get(10, TimeUnit.SECONDS);

            // As what is still in its mailbox when it ends: past the one who looks whether it has ended.
            CompletableFuture<AppendReply> reply = new CompletableFuture<>();
            partition.tell(new LocalAppend(
                    List.of(NewRecord.of(0, new byte[] {1})), new KeyCondition(new byte[] {1}, 0), reply::complete));
            assertThat(reply.get(10, TimeUnit.SECONDS))
                    .isInstanceOfSatisfying(NotStored.class, refused -> assertThat(refused.error())
                            .isInstanceOf(PartitionError.Stopped.class));

            TestProbe<TailReply> tail = kit.createTestProbe();
            partition.tell(new Subscribe(-1, tail.ref()));
            assertThat(tail.receiveMessage()).isInstanceOf(Failure.class);
        } finally {
            kit.shutdownTestKit();
        }
    }
}
