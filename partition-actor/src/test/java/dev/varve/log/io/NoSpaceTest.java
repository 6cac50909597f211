package dev.varve.log.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What counts as a lack of room, after which a log goes on, and what as a broken disk, after which it must not. */
class NoSpaceTest {
    private static final NoSpace.Room FULL = () -> 0;
    private static final NoSpace.Room EMPTY = () -> 1 << 30;
    private static final NoSpace.Room UNKNOWN = () -> {
        throw new IOException("no answer");
    };

    @ParameterizedTest
    @ValueSource(strings = {"No space left on device", "Disk quota exceeded", "File too large"})
    void what_linux_says_to_a_full_disk_is_a_lack_of_room(String words) {
        assertThat(NoSpace.isNoSpace(new IOException(words), 10, EMPTY)).isTrue();
        assertThat(NoSpace.isNoSpace(new FileSystemException("/a", null, words), 10, UNKNOWN))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Input/output error",
                "Read-only file system",
                "Permission denied",
                "Too many open files",
                "Structure needs cleaning",
                "Stale file handle"
            })
    void what_it_says_to_a_broken_one_is_not_however_full_it_is(String words) {
        assertThat(NoSpace.isNoSpace(new IOException(words), 10, FULL)).isFalse();
        assertThat(NoSpace.isNoSpace(new FileSystemException("/a", null, words), 10, FULL))
                .isFalse();
    }

    @Test
    void words_in_another_language_are_a_lack_of_room_if_there_is_none() {
        IOException words = new IOException("Auf dem Gerät ist kein Speicherplatz mehr verfügbar");
        assertThat(NoSpace.isNoSpace(words, 10, FULL)).isTrue();
        assertThat(NoSpace.isNoSpace(words, 10_000, () -> 9_999)).isTrue();
        assertThat(NoSpace.isNoSpace(words, 10_000, () -> 10_000)).isFalse();
        assertThat(NoSpace.isNoSpace(words, 10, UNKNOWN)).isFalse();
    }

    @Test
    void the_name_of_a_file_can_hold_any_words() {
        FileSystemException broken = new FileSystemException("/no space left on device", null, "Input/output error");
        assertThat(NoSpace.isNoSpace(broken, 10, FULL)).isFalse();
        FileSystemException full = new FileSystemException("/input/output error", null, "No space left on device");
        assertThat(NoSpace.isNoSpace(full, 10, EMPTY)).isTrue();
    }

    @Test
    void what_the_platform_has_a_name_for_is_no_lack_of_room() {
        assertThat(NoSpace.isNoSpace(new AccessDeniedException("/a"), 10, FULL)).isFalse();
        assertThat(NoSpace.isNoSpace(new FileAlreadyExistsException("/a"), 10, FULL))
                .isFalse();
        assertThat(NoSpace.isNoSpace(new ClosedByInterruptException(), 10, FULL))
                .isFalse();
    }

    @Test
    void the_translation_names_the_file_and_keeps_the_cause() {
        IOException cause = new IOException("No space left on device");
        assertThat(NoSpace.translated(cause, Path.of("/data/x.log"), 10))
                .isInstanceOf(NoSpaceException.class)
                .hasMessage("/data/x.log: No space left on device")
                .hasCause(cause);
        IOException other = new IOException("Input/output error");
        assertThat(NoSpace.translated(other, Path.of("/data/x.log"), 10)).isSameAs(other);
    }
}
