package dev.varve.log.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.log.Ledger;
import dev.varve.log.LogException;
import dev.varve.log.LogInspector;
import dev.varve.log.LogOptions;
import dev.varve.log.LogState;
import dev.varve.log.ObservedLog;
import dev.varve.log.PartitionLog;
import dev.varve.log.io.Disk;
import dev.varve.log.io.NioDisk;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One directory, one owner: by whatever name, from whatever process or class loader, and whatever is done to the lock file. */
class LockTest {
    @TempDir
    Path temporary;

    private Path directory;

    @BeforeEach
    void chooseDirectory() {
        directory = temporary.resolve("log");
    }

    private static PartitionLog open(Path directory) {
        return PartitionLog.open(directory, LogOptions.defaults());
    }

    private static String open(RemoteLog log, Path directory) throws IOException {
        return log.open(directory, "every-write", 1 << 20);
    }

    @Test
    void another_process_is_refused_at_once_and_let_in_when_the_owner_is_killed() throws IOException {
        try (RemoteLog owner = RemoteLog.start()) {
            assertThat(open(owner, directory)).startsWith("opened");
            Duration fastest = Duration.ofDays(1);
            for (int i = 0; i < 5; i++) {
                long start = System.nanoTime();
                assertThatThrownBy(() -> open(directory))
                        .isInstanceOf(LogException.Locked.class)
                        .hasMessageContaining("Stop it first");
                Duration taken = Duration.ofNanos(System.nanoTime() - start);
                fastest = taken.compareTo(fastest) < 0 ? taken : fastest;
                assertThat(owner.append(2)).startsWith("acked");
            }
            assertThat(fastest).isLessThan(Duration.ofMillis(100));
            owner.process().kill();
            try (PartitionLog log = open(directory)) {
                owner.ledger().checkAndAdopt(log);
            }
        }
    }

    @Test
    void this_process_is_refused_by_every_name_of_the_directory() throws IOException {
        Path link = Files.createSymbolicLink(temporary.resolve("link"), directory);
        Path linkToParent = Files.createSymbolicLink(temporary.resolve("parent"), temporary);
        try (PartitionLog log = open(directory)) {
            for (Path name : List.of(
                    directory,
                    link,
                    linkToParent.resolve("log"),
                    directory.resolve("../log"),
                    Path.of("").toAbsolutePath().relativize(directory))) {
                assertThatThrownBy(() -> open(name)).as("%s", name).isInstanceOf(LogException.Locked.class);
            }
            assertIsLocked();
            log.append(Ledger.record(1));
        }
        open(link).close();
    }

    /** Asks another process, for it alone sees what the operating system holds. */
    private void assertIsLocked() throws IOException {
        try (RemoteLog other = RemoteLog.start()) {
            assertThat(open(other, directory)).startsWith("refused Locked");
        }
    }

    @Tag("privileged")
    @Test
    void a_second_mount_of_the_directory_does_not_get_round_the_lock() throws IOException {
        try (PartitionLog log = open(directory);
                Mount mount = Mount.bind(directory, temporary.resolve("mount"))) {
            assertThatThrownBy(() -> open(mount.directory())).isInstanceOf(LogException.Locked.class);
            try (RemoteLog other = RemoteLog.start()) {
                assertThat(open(other, mount.directory())).startsWith("refused Locked");
            }
            assertIsLocked();
            log.append(Ledger.record(1));
        }
    }

    @Test
    void a_second_class_loader_is_refused_and_does_not_drop_the_lock() throws Exception {
        List<URL> classPath = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            classPath.add(Path.of(entry).toUri().toURL());
        }
        try (PartitionLog log = open(directory);
                URLClassLoader other =
                        new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            Class<?> options = other.loadClass(LogOptions.class.getName());
            Class<?> type = other.loadClass(PartitionLog.class.getName());
            assertThat(type).isNotSameAs(PartitionLog.class);
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> type.getMethod("open", Path.class, options)
                                .invoke(
                                        null,
                                        directory,
                                        options.getMethod("defaults").invoke(null)))
                        .isInstanceOf(InvocationTargetException.class)
                        .cause()
                        .hasMessageContaining("in use by another owner");
                assertIsLocked();
            }
            log.append(Ledger.record(1));
        }
    }

    @Test
    void nothing_that_a_log_can_be_asked_drops_the_lock_of_its_owner() throws IOException {
        try (PartitionLog log = open(directory)) {
            log.append(Ledger.record(1));
            Disk disk = NioDisk.instance();
            for (Disk.OpenMode mode : List.of(Disk.OpenMode.READ, Disk.OpenMode.WRITE)) {
                assertThatThrownBy(() -> disk.open(directory.resolve("lock"), mode))
                        .isInstanceOf(FileSystemException.class)
                        .hasMessageContaining("a lock that this process holds");
            }
            assertThat(disk.tryLock(directory.resolve("lock"))).isEmpty();
            assertThatThrownBy(() -> open(directory)).isInstanceOf(LogException.Locked.class);
            assertThatThrownBy(() -> PartitionLog.delete(directory, LogOptions.defaults()))
                    .isInstanceOf(LogException.Locked.class);
            ObservedLog.open(directory, LogOptions.defaults()).close();
            LogInspector.verify(directory, LogOptions.defaults(), damage -> {}, bytes -> {});
            assertIsLocked();
            log.append(Ledger.record(2));
        }
    }

    @Test
    void an_owner_whose_lock_file_is_deleted_stores_nothing_more() throws IOException {
        try (RemoteLog fenced = RemoteLog.start()) {
            open(fenced, directory);
            fenced.append(3);
            Files.delete(directory.resolve("lock"));
            checkFenced(fenced);
        }
    }

    @Test
    void an_owner_whose_lock_file_is_replaced_stores_nothing_more() throws IOException {
        try (RemoteLog fenced = RemoteLog.start()) {
            open(fenced, directory);
            fenced.append(3);
            Path other = Files.createFile(temporary.resolve("other"));
            Files.move(other, directory.resolve("lock"), StandardCopyOption.REPLACE_EXISTING);
            checkFenced(fenced);
        }
    }

    /** The next owner gets the log although the first one still believes to have it. */
    private void checkFenced(RemoteLog fenced) throws IOException {
        try (PartitionLog next = open(directory)) {
            assertThat(next.append(Ledger.record(1_000))).isEqualTo(3);
            assertThat(fenced.append(2)).startsWith("refused OutcomeUnknown").contains("another owner");
            assertThat(fenced.ask("state")).isEqualTo(LogState.FAILED.name());
            assertThat(fenced.append(2)).startsWith("refused Failed");
            assertThat(fenced.ask("close")).isEqualTo("done");
            assertThat(next.append(Ledger.record(1_001))).isEqualTo(4);
            assertThat(Ledger.readAll(next, 1 << 20)).hasSize(5);
        }
        try (PartitionLog again = open(directory)) {
            assertThat(again.recovery().clean()).isTrue();
            assertThat(Ledger.readAll(again, 1 << 20)).hasSize(5);
        }
    }
}
