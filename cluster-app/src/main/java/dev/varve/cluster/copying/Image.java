package dev.varve.cluster.copying;

import dev.varve.log.LogImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The files that somebody else is to copy, held in a directory: small ones as they are, those of logs by a second name, so that neither
 * retention nor the deletion of a topic takes them away. They take no space but what is deleted of them meanwhile. Not durable, for no image
 * outlives its process. For one thread.
 */
public final class Image {
    private final Path directory;
    private final List<Plan.Item> items = new ArrayList<>();

    Image(Path directory) {
        this.directory = directory;
    }

    /** Adds a file with this content. */
    public void add(String path, byte[] content) throws IOException {
        Files.write(prepare(path, content.length), content);
    }

    /** Adds the files of a log, in a directory of the image. */
    public void add(String path, LogImage log) throws IOException {
        for (LogImage.Part part : log.parts()) {
            String name = path + "/" + part.name();
            if (part instanceof LogImage.Made made) {
                add(name, made.content());
            } else {
                Files.createLink(prepare(name, part.lengthBytes()), ((LogImage.Stored) part).file());
            }
        }
    }

    private Path prepare(String path, long lengthBytes) throws IOException {
        items.add(new Plan.Item(path, lengthBytes));
        Path file = directory.resolve(path);
        Files.createDirectories(file.getParent());
        return file;
    }

    Plan plan() {
        return new Plan(items);
    }
}
