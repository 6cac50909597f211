package dev.varve.log;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Feeds a decoder with valid inputs that were changed in many ways, every second one sealed with right checksums again, and
 * watches what it does: what it throws, how much memory it takes, how long it thinks. Each input follows from its number alone,
 * so that one that fails can be had again.
 */
final class Fuzzer {
    /** What is fuzzed. */
    interface Target {
        /**
         * Decodes an input and checks what came out of it.
         *
         * @throws Exception if the decoder did what it must not
         */
        void decode(byte[] input) throws Exception;

        /** Makes the checksums of an input right. */
        void seal(byte[] input);
    }

    /** An input on which a decoder did what it must not. */
    static final class Finding extends AssertionError {
        private static final long serialVersionUID = 1L;

        Finding(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** What a decoder may take for an input: the objects for its records, and an exception or two. */
    private static final int MAX_BYTES_PER_BYTE = 64;

    private static final int MAX_BYTES_BESIDE = 64 << 10;
    private static final long MAX_NANOS = 2_000_000_000L;

    private static final long[] NUMBERS = {
        0,
        1,
        2,
        7,
        8,
        9,
        87,
        88,
        89,
        104,
        127,
        128,
        255,
        256,
        511,
        512,
        513,
        4096,
        0x7fff,
        0xffff,
        1 << 24,
        1 << 30,
        Integer.MAX_VALUE - 8,
        Integer.MAX_VALUE,
        1L << 31,
        1L << 32,
        Long.MAX_VALUE - 1,
        Long.MAX_VALUE
    };

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final String name;
    private final Target target;
    private final List<byte[]> corpus;

    /** The input under way, for whoever waits for it in vain. */
    private volatile long current;

    Fuzzer(String name, Target target, List<byte[]> corpus) {
        this.name = name;
        this.target = target;
        this.corpus = corpus;
    }

    String current() {
        return name + ": still busy with input " + current;
    }

    /** Runs inputs by their numbers. */
    void run(long first, long count) {
        for (long number = first; number < first + count; number++) {
            current = number;
            runOne(number);
        }
    }

    private void runOne(long number) {
        SplittableRandom random = new SplittableRandom(number);
        byte[] input = corpus.get(random.nextInt(corpus.size())).clone();
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            input = changed(input, random);
        }
        boolean sealed = number % 2 == 0;
        if (sealed) {
            target.seal(input);
        }
        long start = System.nanoTime();
        long limit = (long) input.length * MAX_BYTES_PER_BYTE + MAX_BYTES_BESIDE;
        long taken = memoryTaken(number, sealed, input);
        // The first time may load classes; only the second is the decoder's own.
        if (taken > limit && memoryTaken(number, sealed, input) > limit) {
            throw new Finding(context(number, sealed, input) + ": took " + taken + " bytes of memory", null);
        }
        long nanos = System.nanoTime() - start;
        if (nanos > MAX_NANOS) {
            throw new Finding(context(number, sealed, input) + ": took " + nanos / 1_000_000 + " ms", null);
        }
    }

    private long memoryTaken(long number, boolean sealed, byte[] input) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            target.decode(input);
        } catch (Throwable e) {
            throw new Finding(context(number, sealed, input) + ": " + e, e);
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    private String context(long number, boolean sealed, byte[] input) {
        return name + ", input " + number + (sealed ? " (sealed), " : ", ") + input.length + " bytes";
    }

    private static byte[] changed(byte[] input, SplittableRandom random) {
        if (input.length == 0) {
            return new byte[random.nextInt(64)];
        }
        int at = random.nextInt(input.length);
        switch (random.nextInt(10)) {
            case 0 -> input[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> input[at] = (byte) random.nextInt(256);
            case 2, 3 -> putNumber(input, at / 4 * 4, Integer.BYTES, random);
            case 4 -> putNumber(input, at / 8 * 8, Long.BYTES, random);
            case 5 -> Arrays.fill(input, at, Math.min(input.length, at + 1 + random.nextInt(12)), (byte) 0xff);
            case 6 -> {
                return Arrays.copyOf(input, at);
            }
            case 7 -> {
                byte[] longer = Arrays.copyOf(input, input.length + 1 + random.nextInt(120));
                if (random.nextBoolean()) {
                    fill(longer, input.length, longer.length, random);
                }
                return longer;
            }
            case 8 -> {
                int from = random.nextInt(input.length);
                int length = Math.min(1 + random.nextInt(64), input.length - Math.max(at, from));
                System.arraycopy(input, from, input, at, length);
            }
            default -> fill(input, at, Math.min(input.length, at + 1 + random.nextInt(40)), random);
        }
        return input;
    }

    private static void putNumber(byte[] input, int at, int bytes, SplittableRandom random) {
        if (at + bytes <= input.length) {
            long number = NUMBERS[random.nextInt(NUMBERS.length)] * (random.nextInt(4) == 0 ? -1 : 1);
            ByteBuffer buffer = ByteBuffer.wrap(input);
            if (bytes == Integer.BYTES) {
                // Near what is there, or an odd number of its own.
                buffer.putInt(at, random.nextInt(3) == 0 ? buffer.getInt(at) + (int) (number % 20) : (int) number);
            } else {
                buffer.putLong(at, random.nextInt(3) == 0 ? buffer.getLong(at) + number % 20 : number);
            }
        }
    }

    private static void fill(byte[] input, int from, int to, SplittableRandom random) {
        for (int i = from; i < to; i++) {
            input[i] = (byte) random.nextInt(256);
        }
    }
}
