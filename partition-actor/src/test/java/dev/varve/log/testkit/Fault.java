package dev.varve.log.testkit;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.util.function.Predicate;

/**
 * Something that goes wrong on a {@link SimDisk}: the n-th operation of some kind, or each from the n-th on, meets an error or
 * takes the machine down. Made with {@link #at} and {@link #from}.
 */
public final class Fault {
    /** What happens. */
    public enum Effect {
        /** The operation fails with an input/output error. A sync that fails forgets which pages are dirty, as Linux does. */
        IO_ERROR,
        /** There is no room. */
        NO_SPACE,
        /** Half of a write is done, then it fails with an input/output error. Other operations fail whole. */
        SHORT_WRITE,
        /** Half of a write is done, then there is no room. Other operations fail whole. */
        SHORT_WRITE_NO_SPACE,
        /** The operation is not allowed. */
        ACCESS_DENIED,
        /** Too many files are open. */
        TOO_MANY_OPEN_FILES,
        /** The power goes before the operation is done. */
        POWER_LOSS,
        /** The process dies before the operation is done; what it wrote is still with the operating system. */
        KILL
    }

    private final Predicate<Operation> which;
    private final Effect effect;
    private final boolean lasting;
    private long toGo;

    private Fault(long n, Predicate<Operation> which, Effect effect, boolean lasting) {
        if (n < 1) {
            throw new IllegalArgumentException("operations are counted from 1, not " + n);
        }
        this.which = which;
        this.effect = effect;
        this.lasting = lasting;
        this.toGo = n;
    }

    /** The n-th of these operations, counted from 1 and from now, meets this effect; those after it do not. */
    public static Fault at(long n, Predicate<Operation> which, Effect effect) {
        return new Fault(n, which, effect, false);
    }

    /** The n-th of these operations, counted from 1 and from now, and all after it meet this effect. */
    public static Fault from(long n, Predicate<Operation> which, Effect effect) {
        return new Fault(n, which, effect, true);
    }

    /** Whether this operation is hit; counts it if it is one of those. */
    boolean hits(Operation operation) {
        if (!which.test(operation)) {
            return false;
        }
        toGo--;
        return toGo == 0 || (lasting && toGo < 0);
    }

    Effect effect() {
        return effect;
    }

    static IOException exception(Effect effect, Operation operation) {
        String file = operation.path().toString();
        return switch (effect) {
            case NO_SPACE, SHORT_WRITE_NO_SPACE ->
                new dev.varve.log.io.NoSpaceException(file + ": No space left on device (simulated)");
            case ACCESS_DENIED -> new AccessDeniedException(file);
            case TOO_MANY_OPEN_FILES -> new FileSystemException(file, null, "Too many open files (simulated)");
            default -> new IOException(file + ": Input/output error (simulated)");
        };
    }
}
