package dev.varve.server.cli;

import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Standard input that a test feeds piece by piece, as a person at a terminal does. A read gives one piece. */
final class FedInput extends InputStream {
    private static final byte[] END = new byte[0];

    private final BlockingQueue<byte[]> pieces = new LinkedBlockingQueue<>();
    private byte[] current = END;
    private int at;

    void feed(String piece) {
        pieces.add(piece.getBytes(StandardCharsets.UTF_8));
    }

    void end() {
        pieces.add(END);
    }

    @Override
    public int read() {
        throw new UnsupportedOperationException("reads come in pieces");
    }

    @Override
    public int read(byte[] target, int from, int length) throws InterruptedIOException {
        if (at == current.length) {
            current = next();
            at = 0;
            if (current.length == 0) {
                return -1;
            }
        }
        int bytes = Math.min(length, current.length - at);
        System.arraycopy(current, at, target, from, bytes);
        at += bytes;
        return bytes;
    }

    private byte[] next() throws InterruptedIOException {
        try {
            return pieces.take();
        } catch (InterruptedException e) {
            throw new InterruptedIOException();
        }
    }
}
