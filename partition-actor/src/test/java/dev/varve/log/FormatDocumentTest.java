package dev.varve.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.testkit.SimDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The example in docs/FORMAT.md is what the code writes, every byte of it. Written anew, deliberately, with
 * {@code -Dtest=FormatDocumentTest -Dvarve.golden.write=true}.
 */
class FormatDocumentTest {
    private static final Path DOCUMENT = Path.of("../docs/FORMAT.md");
    private static final String BEGIN = "<!-- example: written by FormatDocumentTest -->\n";
    private static final String END = "<!-- end of the example -->\n";

    private static String example() {
        SimDisk disk = GoldenLogs.example();
        Map<String, String> files = new LinkedHashMap<>();
        files.put("00000000000000000000.log", HexDump.segment(bytes(disk, "00000000000000000000.log")));
        files.put("manifest", HexDump.manifest(bytes(disk, "manifest")));
        files.put("00000000000000000000.index", HexDump.index(bytes(disk, "00000000000000000000.index")));
        files.put("00000000000000000000.timeindex", HexDump.index(bytes(disk, "00000000000000000000.timeindex")));
        files.put("00000000000000000000.producers", HexDump.producers(bytes(disk, "00000000000000000000.producers")));
        StringBuilder text = new StringBuilder();
        files.forEach((name, dump) -> text.append("\n`")
                .append(name)
                .append("`\n\n```\n")
                .append(dump)
                .append("```\n"));
        assertThat(disk.names(GoldenLogs.DIRECTORY)).containsAll(files.keySet()).hasSize(files.size() + 1);
        return text.append('\n').toString();
    }

    private static byte[] bytes(SimDisk disk, String name) {
        return disk.bytes(GoldenLogs.DIRECTORY.resolve(name));
    }

    @Test
    void the_example_in_the_document_is_what_the_code_writes() throws IOException {
        String document = Files.readString(DOCUMENT);
        int begin = document.indexOf(BEGIN) + BEGIN.length();
        assertThat(document.substring(begin, document.indexOf(END, begin))).isEqualTo(example());
    }

    @EnabledIfSystemProperty(named = "varve.golden.write", matches = "true")
    @Test
    void write_the_example_anew() throws IOException {
        String document = Files.readString(DOCUMENT);
        int begin = document.indexOf(BEGIN) + BEGIN.length();
        Files.writeString(
                DOCUMENT, document.substring(0, begin) + example() + document.substring(document.indexOf(END, begin)));
    }
}
