package dev.varve.cluster.copying;

import dev.varve.log.Damage;
import dev.varve.log.LogInspector;
import dev.varve.log.LogOptions;
import dev.varve.log.io.NioDisk;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.apache.ratis.server.protocol.TermIndex;

/**
 * Copies the image of a group from another node into a {@link Staging}. One piece of a megabyte at most is under way and in memory. Each piece
 * has a checksum, and when all is there every frame of every log is read again and checked. For one use by one thread; blocks.
 */
public final class Copy {
    /** A plan of more is none. */
    private static final long MAX_PLAN_BYTES = 256L << 20;

    /** What is to be left on the disk when the copy is made. */
    private static final long SPARE_BYTES = 64 << 20;

    private final Source source;
    private final Staging staging;
    private final LogOptions options;
    private final LongConsumer pace;

    private long copiedBytes;

    /** The node from which is copied. */
    public interface Source {
        /**
         * Asks and waits for the answer.
         *
         * @param isPiece whether the answer is a piece that is there, which comes at once, and may be asked for again; not an image that is to be made
         */
        byte[] ask(byte[] request, boolean isPiece) throws IOException;
    }

    /** Something that may be tried again from the beginning. */
    public static final class FailedException extends IOException {
        private static final long serialVersionUID = 1L;

        FailedException(String message) {
            super(message);
        }
    }

    /**
     * @param options what the logs may hold: the greatest batch
     * @param pace told how many bytes came since it was last told; it may block, but must not for longer than images are kept, and ends the copy
     *     by throwing
     */
    public Copy(Source source, Staging staging, LogOptions options, LongConsumer pace) {
        this.source = source;
        this.staging = staging;
        this.options = options;
        this.pace = pace;
    }

    /** Says whether an image is one that helps, before any of it is copied. */
    public interface Condition {
        /** Throws an exception if not. */
        void check(TermIndex at) throws IOException;
    }

    /**
     * Copies. When it returns the copy is whole and checked: {@link Staging#decide} is what makes it count. Nothing else is changed, whether it
     * returns or fails.
     *
     * @param node who asks
     * @return the last entry that is in the copy
     * @throws FailedException if the other node said that it could not, or what came is damaged
     * @throws IOException if the other node or this disk cannot be reached
     */
    public TermIndex run(String node, Condition condition) throws IOException {
        staging.begin();
        boolean isWhole = false;
        try {
            TermIndex at = copy(node, condition);
            isWhole = true;
            return at;
        } finally {
            if (!isWhole) {
                staging.discard();
            }
        }
    }

    private TermIndex copy(String node, Condition condition) throws IOException {
        Exchange.Reply reply = ask(new Exchange.Begin(node));
        if (!(reply instanceof Exchange.Begun begun)) {
            throw refused(reply);
        }
        try {
            TermIndex at = TermIndex.valueOf(begun.term(), begun.index());
            condition.check(at);
            Plan plan = plan(begun);
            checkRoom(plan);
            for (int file = 0; file < plan.items().size(); file++) {
                copy(begun.image(), file, plan.items().get(file));
            }
            checkLogs(plan);
            return at;
        } finally {
            endQuietly(begun.image());
        }
    }

    private void checkRoom(Plan plan) throws IOException {
        long free = NioDisk.instance().usableBytes(staging.directory());
        if (plan.totalBytes() + SPARE_BYTES > free) {
            throw new FailedException("a copy takes " + plan.totalBytes() + " bytes beside what is here, and " + free
                    + " are free on the disk of " + staging.directory() + ". Make room");
        }
    }

    /** How much came. */
    public long copiedBytes() {
        return copiedBytes;
    }

    private Exchange.Reply ask(Exchange.Request request) throws IOException {
        return Exchange.decodeReply(source.ask(Exchange.encode(request), request instanceof Exchange.Piece));
    }

    private static FailedException refused(Exchange.Reply reply) {
        if (reply instanceof Exchange.Gone gone) {
            return new FailedException(gone.message() + "; the copy begins anew");
        }
        return new FailedException(
                reply instanceof Exchange.Failed failed
                        ? failed.message()
                        : "an answer that was not asked for: " + reply);
    }

    /** Who does not hear of it gives the image back a minute later. */
    private void endQuietly(long image) {
        try {
            ask(new Exchange.End(image));
        } catch (IOException e) {
            // The image, and whatever else is wrong, is with the other node.
            return;
        }
    }

    private byte[] piece(long image, int file, long position, long left) throws IOException {
        int bytes = (int) Math.min(left, Exchange.MAX_PIECE_BYTES);
        Exchange.Reply reply = ask(new Exchange.Piece(image, file, position, bytes));
        if (!(reply instanceof Exchange.Bytes piece)) {
            throw refused(reply);
        }
        if (piece.bytes().length != bytes) {
            throw new FailedException(piece.bytes().length + " bytes came where " + bytes + " were asked for");
        }
        copiedBytes += bytes;
        pace.accept(bytes);
        return piece.bytes();
    }

    private Plan plan(Exchange.Begun begun) throws IOException {
        if (begun.planBytes() > MAX_PLAN_BYTES) {
            throw new FailedException("a plan of " + begun.planBytes() + " bytes");
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        while (bytes.size() < begun.planBytes()) {
            bytes.write(piece(begun.image(), Exchange.PLAN, bytes.size(), begun.planBytes() - bytes.size()));
        }
        return Plan.decode(bytes.toByteArray());
    }

    private void copy(long image, int number, Plan.Item item) throws IOException {
        Path file = staging.directory().resolve(item.path());
        Files.createDirectories(file.getParent());
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long position = 0;
            while (position < item.lengthBytes()) {
                byte[] bytes = piece(image, number, position, item.lengthBytes() - position);
                Trees.write(channel, ByteBuffer.wrap(bytes));
                position += bytes.length;
            }
            channel.force(true);
        }
    }

    /** Damage on the other node is not to be spread. */
    private void checkLogs(Plan plan) throws IOException {
        Set<Path> logs = new TreeSet<>();
        for (Plan.Item item : plan.items()) {
            if (item.path().startsWith(Staging.PARTITIONS + "/")) {
                logs.add(staging.directory().resolve(item.path()).getParent());
            }
        }
        for (Path log : logs) {
            List<Damage> findings = new ArrayList<>();
            Consumer<Damage> note = findings::add;
            LogInspector.verify(log, options, note, bytes -> {});
            if (!findings.isEmpty()) {
                throw new FailedException("the log " + log.getFileName() + " that came is damaged: " + findings.get(0)
                        + (findings.size() > 1 ? " and " + (findings.size() - 1) + " more" : "")
                        + ". Nothing was changed here; see to the other node, and run varve verify there");
            }
        }
    }
}
