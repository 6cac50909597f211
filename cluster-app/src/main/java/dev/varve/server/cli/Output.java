package dev.varve.server.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Standard output with a buffer. That it cannot be written to is thrown as {@link OutputFailedException}. One thread at a time. */
final class Output extends OutputStream {
    private static final int BUFFER_BYTES = 64 << 10;

    private final OutputStream out;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int buffered;

    Output(OutputStream out) {
        this.out = out;
    }

    /** Writes a line of text. */
    void line(String text) {
        write(text.getBytes(StandardCharsets.UTF_8));
        write('\n');
    }

    @Override
    public void write(int b) {
        if (buffered == buffer.length) {
            drain();
        }
        buffer[buffered++] = (byte) b;
    }

    @Override
    public void write(byte[] bytes) {
        write(bytes, 0, bytes.length);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        if (length > buffer.length - buffered) {
            drain();
        }
        if (length >= buffer.length) {
            pass(bytes, from, length);
            return;
        }
        System.arraycopy(bytes, from, buffer, buffered, length);
        buffered += length;
    }

    private void drain() {
        int length = buffered;
        // What could not be written once is not tried again.
        buffered = 0;
        pass(buffer, 0, length);
    }

    private void pass(byte[] bytes, int from, int length) {
        try {
            out.write(bytes, from, length);
        } catch (IOException e) {
            throw new OutputFailedException(e);
        }
    }

    @Override
    public void flush() {
        drain();
        try {
            out.flush();
        } catch (IOException e) {
            throw new OutputFailedException(e);
        }
    }
}
