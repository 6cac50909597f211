package dev.varve.cluster.formation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.cluster.Charter;
import dev.varve.cluster.Member;
import java.io.NotSerializableException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What nodes say to each other, as bytes. */
class AnnouncementTest {
    private static final Member A = Member.founder("a", "h:1", "h:2", "http://h:3");
    private static final Charter CHARTER = new Charter(
            new UUID(1, 2),
            5,
            4,
            List.of(A, new Member("c", "h:4", "", "", 3)),
            List.of(new Charter.Retired(Member.founder("b", "h:4", "h:5", ""), "c")));

    private static final Announcement ANNOUNCEMENT =
            new Announcement("a", "h:1", "h:2", "http://h:3", 3, 4, Optional.of("z"), Optional.of(CHARTER), true);

    private final AnnouncementSerializer serializer = new AnnouncementSerializer();

    private Announcement through(Announcement announcement) throws NotSerializableException {
        return (Announcement)
                serializer.fromBinary(serializer.toBinary(announcement), serializer.manifest(announcement));
    }

    @Test
    void everything_comes_through() throws NotSerializableException {
        assertThat(through(ANNOUNCEMENT)).isEqualTo(ANNOUNCEMENT);
        Announcement newcomer =
                new Announcement("a", "h:1", "h:2", "", 1, 64, Optional.empty(), Optional.empty(), false);
        assertThat(through(newcomer)).isEqualTo(newcomer);
    }

    @Test
    void the_bytes_stay_what_they_are_for_nodes_of_several_versions_talk() {
        assertThat(HexFormat.of().formatHex(CHARTER.encode())).isEqualTo(GOLDEN_CHARTER);
        assertThat(HexFormat.of().formatHex(ANNOUNCEMENT.encode())).isEqualTo(GOLDEN_HEAD + GOLDEN_CHARTER);
    }

    private static final String GOLDEN_CHARTER =
            "01010000000000000002000000000000000504028261683ab1683ab2687474703a2f2f683ab3008263683ab4818103018262683ab4683ab581008263";
    private static final String GOLDEN_HEAD = "018261683ab1683ab2687474703a2f2f683ab30304827a013c";

    @Test
    void bytes_that_are_cut_short_or_of_another_format_are_refused_with_words() {
        byte[] whole = ANNOUNCEMENT.encode();
        for (int length = 0; length < whole.length; length++) {
            byte[] part = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> serializer.fromBinary(part, "A")).isInstanceOf(NotSerializableException.class);
        }
        whole[0] = 9;
        assertThatThrownBy(() -> serializer.fromBinary(whole, "A"))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("format 9");
    }

    @Test
    void nothing_else_is_taken() {
        assertThatThrownBy(() -> serializer.fromBinary(new byte[0], "java.util.ArrayList"))
                .isInstanceOf(NotSerializableException.class);
    }
}
