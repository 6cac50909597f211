package dev.varve.log;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * The files of a log in hex, every byte of them, with what each field is. Knows the format from docs/FORMAT.md alone, so that what it
 * makes of the bytes is the document's word and not the code's.
 */
final class HexDump {
    private static final int BYTES_A_LINE = 16;

    private final ByteBuffer bytes;
    private final StringBuilder text = new StringBuilder();
    private int at;

    private HexDump(byte[] file) {
        this.bytes = ByteBuffer.wrap(file);
    }

    static String segment(byte[] file) {
        HexDump dump = new HexDump(file);
        dump.field(8, "\"VARVESEG\"")
                .number(4, "format version")
                .number(4, "length of this header")
                .field(8, "log id")
                .number(8, "segment id")
                .number(8, "base offset")
                .number(8, "epoch of the frame before the segment")
                .number(8, "sequence of the frame before the segment")
                .number(8, "created, milliseconds since 1970")
                .field(4, "CRC of the header")
                .zeros(444, "not used");
        while (dump.at < file.length) {
            dump.frame();
        }
        return dump.text.toString();
    }

    private void frame() {
        int start = at;
        int frameBytes = bytes.getInt(at + 4) + 8;
        int attributes = bytes.getShort(at + 14);
        int records = bytes.getInt(at + 40);
        int storedBytes = bytes.getInt(at + 64);
        title("a frame" + (records == 0 ? ": a mark" : " of " + records + (records == 1 ? " record" : " records")));
        field(4, "CRC of the frame")
                .number(4, "length of what follows this word")
                .field(4, "\"VRVB\"")
                .number(1, "format version")
                .number(1, "reserved")
                .field(2, "attributes" + ((attributes & 0x10) == 0 ? ": none" : ": bit 4, producer fields"))
                .number(8, "epoch")
                .number(8, "sequence")
                .number(8, "base offset")
                .number(4, "record count")
                .number(4, "last offset delta")
                .number(8, "least timestamp")
                .number(8, "greatest timestamp")
                .number(4, "length of the records as stored")
                .number(4, "length of the records before compression")
                .number(4, "durable mark")
                .field(4, "CRC of the fixed fields")
                .number(8, "greatest timestamp before this frame");
        if ((attributes & 0x10) != 0) {
            number(8, "producer id")
                    .number(2, "producer epoch")
                    .number(2, "reserved")
                    .number(4, "producer sequence of the first record");
        }
        int bodyEnd = at + storedBytes;
        for (int i = 0; i < records; i++) {
            record();
        }
        if (at != bodyEnd) {
            throw new AssertionError("the records end at " + at + ", not at " + bodyEnd);
        }
        if (start + frameBytes > at) {
            field(start + frameBytes - at, "padding");
        }
    }

    private void record() {
        varint("offset delta");
        varint("timestamp delta");
        if (nullable("key")) {
            varint("key sequence");
        }
        nullable("value");
        long headers = varint("header count");
        for (long i = 0; i < headers; i++) {
            int name = (int) varint("length of the header's name");
            text(name, "name");
            int value = (int) varint("length of the header's value");
            text(value, "value");
        }
    }

    private boolean nullable(String what) {
        long length = varint("length of the " + what + " and 1; 0 is null");
        if (length > 1) {
            text((int) length - 1, what);
        }
        return length > 0;
    }

    private void text(int length, String what) {
        if (length > 0) {
            byte[] content = new byte[length];
            bytes.get(at, content);
            boolean readable =
                    new String(content, StandardCharsets.US_ASCII).chars().allMatch(c -> c >= ' ' && c < 127);
            field(length, what + (readable ? " \"" + new String(content, StandardCharsets.US_ASCII) + "\"" : ""));
        }
    }

    private long varint(String what) {
        long value = 0;
        int length = 0;
        byte last;
        do {
            last = bytes.get(at + length);
            value |= (long) (last & 0x7f) << (7 * length);
            length++;
        } while (last < 0);
        field(length, what + ": " + value);
        return value;
    }

    static String manifest(byte[] file) {
        HexDump dump = new HexDump(file);
        for (String which : new String[] {"first", "second"}) {
            dump.title("the " + which + " copy");
            dump.field(8, "\"VARVEMAN\"")
                    .number(4, "format version")
                    .number(4, "length of the body")
                    .field(4, "CRC of the copy")
                    .number(4, "flags")
                    .field(8, "log id")
                    .number(8, "epoch")
                    .number(8, "sequence")
                    .number(8, "log start offset")
                    .number(8, "next segment id")
                    .number(4, "greatest frame, bytes")
                    .number(4, "number of segments")
                    .number(8, "number of damaged ranges");
            int segments = dump.bytes.getInt(dump.at - 12);
            for (int i = 0; i < segments; i++) {
                dump.number(8, "segment id")
                        .number(8, "base offset")
                        .number(8, "length up to the last frame")
                        .number(8, "last offset")
                        .number(8, "records")
                        .number(8, "least timestamp")
                        .number(8, "greatest timestamp")
                        .number(8, "created");
            }
        }
        if (dump.at != file.length) {
            throw new AssertionError("the copies end at " + dump.at + ", the file at " + file.length);
        }
        return dump.text.toString();
    }

    static String producers(byte[] file) {
        HexDump dump = new HexDump(file);
        for (String which : new String[] {"first", "second"}) {
            dump.title("the " + which + " copy");
            dump.field(8, "\"VARVEPRO\"")
                    .number(4, "format version")
                    .number(4, "length of the body")
                    .field(4, "CRC of the copy")
                    .number(4, "not used")
                    .field(8, "log id")
                    .number(8, "segment id")
                    .number(8, "position up to which the segment is covered")
                    .number(8, "epoch of the frame before it")
                    .number(8, "sequence of the frame before it")
                    .number(8, "greatest timestamp in the log")
                    .number(4, "number of producers")
                    .number(4, "not used");
            int producers = dump.bytes.getInt(dump.at - 8);
            for (int i = 0; i < producers; i++) {
                dump.number(8, "producer id")
                        .number(2, "producer epoch")
                        .number(2, "number of batches")
                        .number(4, "not used")
                        .number(8, "last seen");
                int batches = dump.bytes.getShort(dump.at - 14);
                for (int b = 0; b < batches; b++) {
                    dump.number(4, "sequence of the first record")
                            .number(4, "last offset delta")
                            .number(8, "base offset");
                }
            }
        }
        if (dump.at != file.length) {
            throw new AssertionError("the copies end at " + dump.at + ", the file at " + file.length);
        }
        return dump.text.toString();
    }

    static String index(byte[] file) {
        HexDump dump = new HexDump(file);
        boolean byTime = file[6] == 'I';
        dump.field(8, byTime ? "\"VARVETIX\"" : "\"VARVEIDX\"")
                .number(4, "format version")
                .number(4, "length of an entry")
                .field(8, "log id")
                .number(8, "segment id")
                .number(8, "length of the segment that it covers")
                .number(4, "number of entries")
                .field(4, "CRC");
        while (dump.at < file.length) {
            dump.number(byTime ? 8 : 4, byTime ? "greatest timestamp before the position" : "offset delta")
                    .number(4, "position");
        }
        return dump.text.toString();
    }

    private void title(String title) {
        text.append("      ").append(title).append('\n');
    }

    private HexDump number(int length, String what) {
        long value =
                switch (length) {
                    case 1 -> bytes.get(at);
                    case 2 -> bytes.getShort(at);
                    case 4 -> bytes.getInt(at);
                    default -> bytes.getLong(at);
                };
        return field(length, what + ": " + (value == Long.MIN_VALUE ? "none" : value));
    }

    private HexDump zeros(int length, String what) {
        for (int i = 0; i < length; i++) {
            if (bytes.get(at + i) != 0) {
                throw new AssertionError("not zero at " + (at + i));
            }
        }
        text.append(String.format("%04x  %-32s  %s%n", at, "00 x " + length, what));
        at += length;
        return this;
    }

    private HexDump field(int length, String what) {
        for (int done = 0; done < length; done += BYTES_A_LINE) {
            byte[] line = new byte[Math.min(BYTES_A_LINE, length - done)];
            bytes.get(at, line);
            String hex = HexFormat.of().formatHex(line);
            text.append(String.format("%04x  %-32s  %s%n", at, hex, done == 0 ? what : "")
                            .stripTrailing())
                    .append('\n');
            at += line.length;
        }
        return this;
    }
}
