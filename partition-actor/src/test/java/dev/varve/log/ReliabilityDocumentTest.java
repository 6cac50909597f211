package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What docs/RELIABILITY.md says is tested, is: each test that it names exists, and no hazard was left out. */
class ReliabilityDocumentTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern TEST = Pattern.compile("`(\\w+)(?:#(\\w+))?`");

    private static String document() throws IOException {
        return Files.readString(ROOT.resolve("docs/RELIABILITY.md"));
    }

    /** The sources of the tests of all modules, by the name of their class. */
    private static Map<String, String> testSources() throws IOException {
        Map<String, String> sources = new LinkedHashMap<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path module : modules.toList()) {
                Path tests = module.resolve("src/test/java");
                if (Files.isDirectory(tests)) {
                    addSources(tests, sources);
                }
            }
        }
        return sources;
    }

    private static void addSources(Path tests, Map<String, String> sources) throws IOException {
        try (Stream<Path> files = Files.walk(tests)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                String name = file.getFileName().toString().replace(".java", "");
                sources.merge(name, Files.readString(file), String::concat);
            }
        }
    }

    @Test
    void every_test_that_it_names_exists() throws IOException {
        Map<String, String> sources = testSources();
        List<String> missing = new ArrayList<>();
        int named = 0;
        Matcher matcher = TEST.matcher(document());
        while (matcher.find()) {
            String type = matcher.group(1);
            String method = matcher.group(2);
            boolean isTest = method != null || type.endsWith("Test");
            String source = sources.getOrDefault(type, "");
            if (isTest && (source.isEmpty() || (method != null && !source.contains("void " + method + "(")))) {
                missing.add(matcher.group());
            }
            named += isTest ? 1 : 0;
        }
        assertThat(missing).isEmpty();
        assertThat(named).isGreaterThan(100);
    }

    @Test
    void every_hazard_has_a_row_and_every_row_a_test_or_the_reason_why_it_has_none() throws IOException {
        Map<Character, Integer> rows = Map.of('A', 13, 'B', 15, 'C', 13, 'F', 30);
        List<String> lines = document().lines().toList();
        for (Map.Entry<Character, Integer> list : rows.entrySet()) {
            for (int number = 1; number <= list.getValue(); number++) {
                String start = "| " + list.getKey() + number + " |";
                List<String> found =
                        lines.stream().filter(line -> line.startsWith(start)).toList();
                assertThat(found).as(start).hasSize(1);
                String shownBy = found.get(0).split("\\|")[4];
                assertThat(shownBy).as(start).containsAnyOf("#", "not yet built");
            }
        }
    }
}
