package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.testkit.SimDisk;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The files of a directory at one moment, to show later that nobody touched them. */
final class Snapshot {
    private final Map<String, byte[]> files = new TreeMap<>();
    private final SimDisk disk;
    private final Path directory;

    private Snapshot(SimDisk disk, Path directory) {
        this.disk = disk;
        this.directory = directory;
        disk.names(directory).forEach(name -> files.put(name, disk.bytes(directory.resolve(name))));
    }

    static Snapshot of(SimDisk disk, Path directory) {
        return new Snapshot(disk, directory);
    }

    void assertUnchanged(String context) {
        assertThat(disk.names(directory)).as(context).containsExactlyElementsOf(files.keySet());
        files.forEach((name, bytes) -> assertThat(disk.bytes(directory.resolve(name)))
                .as("%s: %s", context, name)
                .isEqualTo(bytes));
    }

    /** Every byte that was there is there still, be it under another name or behind others. */
    void assertNothingDeleted(String context) {
        files.forEach((name, bytes) -> {
            boolean kept =
                    disk.names(directory).stream().anyMatch(now -> contains(disk.bytes(directory.resolve(now)), bytes));
            assertThat(kept).as("%s: the bytes of %s", context, name).isTrue();
        });
    }

    private static boolean contains(byte[] whole, byte[] part) {
        return whole.length >= part.length && java.util.Arrays.equals(whole, 0, part.length, part, 0, part.length);
    }
}
