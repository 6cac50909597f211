package dev.varve.cluster.copying;

import dev.varve.cluster.copying.Exchange.Begin;
import dev.varve.cluster.copying.Exchange.Begun;
import dev.varve.cluster.copying.Exchange.End;
import dev.varve.cluster.copying.Exchange.Piece;
import dev.varve.cluster.copying.Exchange.Reply;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.server.protocol.TermIndex;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The images of a group that this node keeps for others, who ask for them piece by piece. One that nobody asks for goes after a while. Any
 * thread; the work is done by one of its own, which ends when there is none, and holds one piece in memory.
 */
public final class Images implements Closeable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Images.class);

    /** Who copies asks every few milliseconds, or is gone. */
    static final long KEPT_SECONDS = 60;

    /** Whoever has copied an image has so long to ask for the entries behind it. */
    private static final long ENTRIES_KEPT_SECONDS = 300;

    /** How many nodes are served at once. */
    static final int MAX_IMAGES = 4;

    private static final long THREAD_KEPT_SECONDS = 10;
    private static final long CLOSE_SECONDS = 10;

    private final String name;
    private final Path directory;
    private final Maker maker;
    private final ScheduledThreadPoolExecutor executor;

    /** Of the executor's thread alone. */
    private final Map<Long, Kept> images = new HashMap<>();

    /** Up to which entries the images are that are kept, or were until a while ago, by their numbers. */
    private final Map<Long, Long> needed = new ConcurrentHashMap<>();

    /** Puts what there is now into an image. */
    public interface Maker {
        /** Returns the last entry that is in it. */
        TermIndex make(Image image) throws IOException;
    }

    private static final class Kept {
        private final long index;
        private final String node;
        private final Path directory;
        private final Plan plan;
        private final byte[] encodedPlan;
        private ScheduledFuture<?> end;

        private Kept(long index, String node, Path directory, Plan plan) {
            this.index = index;
            this.node = node;
            this.directory = directory;
            this.plan = plan;
            this.encodedPlan = plan.encode();
        }
    }

    /** @param directory for the images, which no other group uses; what is there is left over */
    public Images(String name, Path directory, Maker maker) {
        this.name = name;
        this.directory = directory;
        this.maker = maker;
        this.executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "varve-images-" + name);
            thread.setDaemon(true);
            return thread;
        });
        executor.setKeepAliveTime(THREAD_KEPT_SECONDS, TimeUnit.SECONDS);
        executor.allowCoreThreadTimeOut(true);
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Deletes what an earlier process has left. To be called before anything is asked. */
    public void sweep() throws IOException {
        Trees.delete(directory);
    }

    /** Answers a request of a {@link Copy}; what cannot be done is an answer too. */
    public CompletableFuture<byte[]> answer(byte[] request) {
        try {
            return CompletableFuture.supplyAsync(() -> Exchange.encode(answerNow(request)), executor);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.completedFuture(
                    Exchange.encode(new Exchange.Failed(name + " is closed on this node")));
        }
    }

    /** The last entry that nobody who copies from here needs; {@link Long#MAX_VALUE} if nobody does. */
    public long lastUnneededEntry() {
        return needed.values().stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE);
    }

    private Reply answerNow(byte[] bytes) {
        try {
            Exchange.Request request = Exchange.decodeRequest(bytes);
            if (request instanceof Begin begin) {
                return begin(begin.node());
            } else if (request instanceof Piece piece) {
                return piece(piece);
            }
            release(((End) request).image());
            return Exchange.Ended.INSTANCE;
        } catch (IOException | RuntimeException e) {
            LOGGER.warn("Another node cannot copy {} from this one: {}", name, e.toString());
            return new Exchange.Failed(e.toString());
        }
    }

    private Reply begin(String node) throws IOException {
        for (Map.Entry<Long, Kept> each : Map.copyOf(images).entrySet()) {
            if (each.getValue().node.equals(node)) {
                release(each.getKey());
            }
        }
        if (images.size() >= MAX_IMAGES) {
            return new Exchange.Failed("this node keeps images of " + name + " for " + MAX_IMAGES + " others already");
        }
        long number = ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);
        Path place = directory.resolve(Long.toString(number));
        Files.createDirectories(place);
        Image image = new Image(place);
        boolean made = false;
        try {
            TermIndex at = maker.make(image);
            Kept kept = new Kept(at.getIndex(), node, place, image.plan());
            images.put(number, kept);
            needed.put(number, kept.index);
            endLater(number, kept);
            made = true;
            return new Begun(number, at.getTerm(), at.getIndex(), kept.encodedPlan.length);
        } finally {
            if (!made) {
                Trees.delete(place);
            }
        }
    }

    private Reply piece(Piece piece) throws IOException {
        Kept kept = images.get(piece.image());
        if (kept == null) {
            return new Exchange.Gone("this node has no image " + piece.image() + " of " + name + " (any more)");
        }
        endLater(piece.image(), kept);
        int bytes = Math.min(piece.bytes(), Exchange.MAX_PIECE_BYTES);
        if (piece.file() == Exchange.PLAN) {
            int from = Math.toIntExact(piece.position());
            byte[] part = new byte[Math.min(bytes, kept.encodedPlan.length - from)];
            System.arraycopy(kept.encodedPlan, from, part, 0, part.length);
            return new Exchange.Bytes(part);
        }
        Plan.Item item = kept.plan.items().get(piece.file());
        return new Exchange.Bytes(read(kept.directory.resolve(item.path()), piece.position(), (int)
                Math.min(bytes, item.lengthBytes() - piece.position())));
    }

    private static byte[] read(Path file, long position, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, position + buffer.position()) < 0) {
                    throw new IOException(file + " ends before " + (position + bytes));
                }
            }
        }
        return buffer.array();
    }

    private void endLater(long number, Kept kept) {
        if (kept.end != null) {
            kept.end.cancel(false);
        }
        kept.end = executor.schedule(() -> release(number), KEPT_SECONDS, TimeUnit.SECONDS);
    }

    private void release(long number) {
        Kept kept = images.remove(number);
        if (kept == null) {
            return;
        }
        kept.end.cancel(false);
        if (!executor.isShutdown()) {
            executor.schedule(() -> needed.remove(number), ENTRIES_KEPT_SECONDS, TimeUnit.SECONDS);
        }
        try {
            Trees.delete(kept.directory);
        } catch (IOException e) {
            LOGGER.warn("{} is not needed any more, and goes with the next start: {}", kept.directory, e.toString());
        }
    }

    /** Gives back all images. Waits for the piece that is under way. */
    @Override
    public void close() {
        if (executor.isShutdown()) {
            return;
        }
        try {
            executor.submit(() -> images.keySet().stream().toList().forEach(this::release))
                    .get(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOGGER.warn("Images of {} are left, and go with the next start: {}", name, e.toString());
        }
        executor.shutdownNow();
    }
}
