package dev.varve.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Damages what a closed store holds, as a disk might. */
public final class DamagedFile {
    private DamagedFile() {}

    /** Flips a bit in the text, which the file must hold once. */
    public static void flip(Path file, String text) throws IOException {
        byte[] content = Files.readAllBytes(file);
        // One character for each byte, so that positions are the same.
        String characters = new String(content, StandardCharsets.ISO_8859_1);
        int position = characters.indexOf(text);
        assertThat(position).as("the text in " + file).isPositive().isEqualTo(characters.lastIndexOf(text));
        content[position] ^= 4;
        Files.write(file, content);
    }
}
