package dev.varve.samples.bank;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the README shows of the sample stands in it, word for word. */
class DocumentationTest {
    private static final Path SAMPLE = Path.of("src", "main");

    @Test
    void the_readme_shows_the_account_and_the_configuration_that_run() throws IOException {
        String readme = read(Path.of("..", "..", "README.md"));
        String account = read(SAMPLE.resolve("java/dev/varve/samples/bank/Account.java"));
        int begin = account.indexOf("// begin account\n");
        assertThat(readme)
                .contains(account.substring(begin + "// begin account\n".length(), account.indexOf("// end account")));
        assertThat(readme).contains(read(SAMPLE.resolve("resources/application.conf")));
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.UTF_8);
    }
}
