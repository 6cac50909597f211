package dev.varve.server.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The text that the demo works on: the licence of the program, which every copy of it has.
 *
 * @param bytes the whole of it
 * @param lines its lines, without their line feeds
 */
record DemoText(byte[] bytes, List<byte[]> lines) {

    static DemoText load() {
        try (InputStream in = DemoText.class.getResourceAsStream("/dev/varve/server/LICENSE")) {
            byte[] bytes = in.readAllBytes();
            List<byte[]> lines = Arrays.stream(new String(bytes, StandardCharsets.UTF_8).split("\n"))
                    .map(line -> line.getBytes(StandardCharsets.UTF_8))
                    .toList();
            return new DemoText(bytes, lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A line of an endless text: the lines again and again, each with its number, so that no two are the same. */
    byte[] numberedLine(long number) {
        byte[] line = lines.get((int) (number % lines.size()));
        byte[] prefix = String.format("%08d ", number).getBytes(StandardCharsets.UTF_8);
        byte[] numbered = Arrays.copyOf(prefix, prefix.length + line.length);
        System.arraycopy(line, 0, numbered, prefix.length, line.length);
        return numbered;
    }
}
