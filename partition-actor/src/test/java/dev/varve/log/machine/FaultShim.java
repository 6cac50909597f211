package dev.varve.log.machine;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Stands between a {@link RemoteLog} and the C library: notes down each call on a file of the log and answers some with an error.
 * How it does that says {@code faultshim.c}, which is compiled here.
 */
final class FaultShim implements Closeable {
    /** What the Linux kernel can answer, with the numbers that it has there on all machines that we know. */
    enum Errno {
        EINTR(4),
        EIO(5),
        EACCES(13),
        EMFILE(24),
        EFBIG(27),
        ENOSPC(28),
        EROFS(30),
        EDQUOT(122);

        private final int number;

        Errno(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }
    }

    /** A call on a file of the log: its result, or minus the error. */
    record Call(String name, String file, long result) {
        /** Whether it leaves the disk as it is. */
        boolean isHarmless() {
            return name.equals("open") || name.equals("pread");
        }

        @Override
        public String toString() {
            return name + " " + file;
        }
    }

    private final Path library;
    private final Path calls;
    /** A process that may be used again, for starting one takes longer than most tests. */
    private RemoteLog used;

    private FaultShim(Path library, Path calls) {
        this.library = library;
        this.calls = calls;
    }

    /** Compiles it into this directory; skips the test if there is no compiler. */
    static FaultShim build(Path temporary) throws IOException {
        Machine.needs("gcc");
        Path source = temporary.resolve("faultshim.c");
        try (InputStream resource = FaultShim.class.getResourceAsStream("faultshim.c")) {
            Files.copy(resource, source);
        }
        Path library = temporary.resolve("faultshim.so");
        Machine.mustRun(
                "gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library.toString(), source.toString());
        return new FaultShim(library, Files.createFile(temporary.resolve("calls")));
    }

    /**
     * A process with the shim before its C library, without rules, that notes down the calls on files of this directory, which
     * is given by its real path. Where one is left from before, alive, it is used again and its log closed.
     */
    RemoteLog logIn(Path directory) throws IOException {
        if (used == null || !used.process().isAlive()) {
            used = RemoteLog.start(
                    List.of(), Map.of("LD_PRELOAD", library.toString(), "VARVE_SHIM_LOG", calls.toString()));
        } else {
            used.ask("close");
            used = used.withNewBooks();
        }
        used.tell("shim heal");
        used.tell("shim directory," + directory);
        Files.write(calls, new byte[0]);
        return used;
    }

    @Override
    public void close() throws IOException {
        if (used != null) {
            used.close();
        }
    }

    /** The command that lets the n-th call of this name from now on a file with this suffix, and so many in all, fail. */
    static String fail(String call, String suffix, int nth, int times, Errno errno) {
        return "shim " + call + "," + suffix + "," + nth + "," + times + "," + errno.number();
    }

    /** The command that lets the n-th write from now on a file with this suffix be done by half. */
    static String writeByHalf(String suffix, int nth) {
        return "shim pwrite," + suffix + "," + nth + ",1,short";
    }

    /** The calls since this was last asked; each word that the process noted is a call without a file. */
    List<Call> takeCalls() throws IOException {
        List<Call> taken = new ArrayList<>();
        for (String line : Files.readAllLines(calls)) {
            String[] words = line.split(" ");
            taken.add(
                    words.length == 1
                            ? new Call(words[0], "", 0)
                            : new Call(words[0], words[1], Long.parseLong(words[2])));
        }
        // Cut, not deleted, for the process has it open.
        Files.write(calls, new byte[0]);
        return taken;
    }
}
