package dev.varve.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The code in the documents is code that runs: each piece stands, word for word, in a test between {@code begin} and {@code end}. */
class DocumentationTest {

    @ParameterizedTest
    @CsvSource({
        "README.md, LibraryExampleTest, log",
        "README.md, ActorExampleTest, actor",
        "README.md, ActorExampleTest, stream",
        "README.md, ActorExampleTest, producer",
        "docs/TESTING.md, OrdersTest, testkit",
        "docs/TESTING.md, StepByStepTest, steps"
    })
    void the_document_shows_the_code_that_the_test_runs(String document, String test, String piece) throws IOException {
        String text = Files.readString(Path.of("..", document), StandardCharsets.UTF_8);
        for (String code : pieces(test, piece)) {
            assertThat(text).contains(code);
        }
    }

    private static List<String> pieces(String test, String piece) throws IOException {
        Path source = Path.of("src/test/java/dev/varve/examples", test + ".java");
        List<String> pieces = new ArrayList<>();
        List<String> current = null;
        for (String line : Files.readAllLines(source, StandardCharsets.UTF_8)) {
            if (line.strip().equals("// begin " + piece)) {
                current = new ArrayList<>();
            } else if (line.strip().equals("// end " + piece)) {
                pieces.add(unindented(current));
                current = null;
            } else if (current != null) {
                current.add(line);
            }
        }
        assertThat(pieces).as("pieces of %s called %s", test, piece).isNotEmpty();
        return pieces;
    }

    private static String unindented(List<String> lines) {
        int indent = lines.stream()
                .filter(line -> !line.isBlank())
                .mapToInt(line -> line.length() - line.stripLeading().length())
                .min()
                .orElse(0);
        StringBuilder text = new StringBuilder();
        lines.forEach(line ->
                text.append(line.isBlank() ? "" : line.substring(indent)).append('\n'));
        return text.toString();
    }
}
