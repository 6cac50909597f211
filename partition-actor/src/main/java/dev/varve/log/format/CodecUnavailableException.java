package dev.varve.log.format;

import java.io.IOException;

/**
 * Records are compressed, or were to be, in a way that this process has no means for: the library that does it cannot be loaded
 * here, or only a later version of varve knows it. Says nothing against the records.
 */
public final class CodecUnavailableException extends IOException {
    private static final long serialVersionUID = 1L;

    private CodecUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }

    static CodecUnavailableException unknown(int code) {
        return new CodecUnavailableException(
                "compression codec " + code + " is not known to this version of varve; a later version is needed",
                null);
    }

    static CodecUnavailableException notLoaded(Compression compression, Throwable cause) {
        return new CodecUnavailableException(
                compression + " cannot be used in this process, for its native library was not loaded (" + cause
                        + "). It is unpacked into the directory for temporary files, "
                        + System.getProperty("java.io.tmpdir")
                        + ", which must be writable and allow programs to be run from it; -Djava.io.tmpdir names another",
                cause);
    }
}
