package dev.varve.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which keys a server takes. */
class ServeConfigTest {
    private static final String CLASS = "varve.kryo.classes.\"my.Event\"";

    @Test
    void a_key_in_a_section_that_others_fill_is_taken() {
        assertThat(ServeConfig.of(null, Map.of(CLASS, 100)).getInt(CLASS)).isEqualTo(100);
    }

    @Test
    void a_key_beside_those_that_there_are_is_refused() {
        assertThatThrownBy(() -> ServeConfig.of(null, Map.of("varve.kryo.clases.a", 100)))
                .isInstanceOf(WrongUsageException.class)
                .hasMessageContaining("there is no key 'varve.kryo.clases.a'");
    }
}
