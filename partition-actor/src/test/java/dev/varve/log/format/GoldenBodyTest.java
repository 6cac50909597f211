package dev.varve.log.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compressed records as they were written once, readable for ever. What a compressor makes of the same records may change with its
 * version, so that is not pinned. Those of other programs show that docs/FORMAT.md says all that one needs to know.
 */
class GoldenBodyTest {
    private static final int UNCOMPRESSED_BYTES = 268;

    private static List<LogRecord> records() {
        List<LogRecord> records = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String value = "{\"order\":" + i + ",\"state\":\"created\",\"note\":\"über\"}";
            records.add(new LogRecord(
                    70 + i,
                    1_767_225_600_000L + i,
                    ("order-" + i % 2).getBytes(StandardCharsets.UTF_8),
                    i + 1,
                    value.getBytes(StandardCharsets.UTF_8),
                    List.of(new RecordHeader("trace", new byte[] {0, (byte) i, -1}))));
        }
        return records;
    }

    static Stream<Arguments> bodies() {
        return Stream.of(
                Arguments.of(
                        "varve 0.1.0, lz4",
                        Compression.LZ4,
                        "e10000086f726465722d30012d7b220b00f10a223a302c227374617465223a2263726561746564222c226e6f1100f305c3bc"
                                + "626572227d01057472616365030000ff0101430026310243001f314300184301ff0202430026300343001f3243001843"
                                + "02ff0303430026310443001f334300155065030003ff"),
                Arguments.of(
                        "python3-lz4 with liblz4 1.9.4, high compression",
                        Compression.LZ4,
                        "e10000086f726465722d30012d7b220b00f10a223a302c227374617465223a2263726561746564222c226e6f1100f305c3bc"
                                + "626572227d01057472616365030000ff0101430026310243001f314300184401ff02028600160343001f324300184402"
                                + "ff03038600160443001f334300155065030003ff"),
                Arguments.of(
                        "varve 0.1.0, zstd",
                        Compression.ZSTD,
                        "28b52ffd600c00550300e4040000086f726465722d30012d7b22223a302c227374617465223a2263726561746564222c226e"
                                + "6fc3bc626572227d01057472616365030000ff010131023101ff020230033202ff030331043303ff0b00002300c4c025"
                                + "80b90062e012c05c8098111c8ba68cbe8a12"),
                Arguments.of(
                        "zstd 1.5.4 from its command line, level 19, with a checksum",
                        Compression.ZSTD,
                        "28b52ffd640c00250300e2c41116d03d00842d00662d33ff87bb98e5aef44434e20a890c7b30a2c6d8628d24c40e4aa81036"
                                + "00e3a1a3b604ecf45fd653faf1f8d63d85defcadb3d54f6aee178584e8473a0d00010b2080131907180171973017c42e"
                                + "d1dc42cc10c722cae82b2a013e9c3261"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bodies")
    void records_are_read_as_they_were_written_once(String writer, Compression kind, String hex) throws Exception {
        byte[] body = HexFormat.of().parseHex(hex);
        byte[] frame = new byte[(int) FrameLayout.frameBytes(FrameLayout.HEADER_BYTES, body.length)];
        ByteBuffer buffer = ByteBuffer.wrap(frame);
        FrameCodec.begin(
                buffer,
                0,
                new FrameCodec.Content(
                        kind.code(),
                        4,
                        3,
                        1_767_225_600_000L,
                        1_767_225_600_003L,
                        body.length,
                        UNCOMPRESSED_BYTES,
                        null));
        buffer.put(FrameLayout.HEADER_BYTES, body);
        FrameCodec codec = new FrameCodec(1);
        codec.stamp(buffer, 0, new FrameCodec.Place(1, 512, 1, 1, 70, 512, Long.MIN_VALUE));
        DecodeResult.Ok ok = (DecodeResult.Ok) codec.decode(buffer, 0, frame.length, 1, 512, 1 << 10);
        assertThat(ok.header().codecName()).isEqualTo(kind.toString());
        assertThat(new RecordBatch(ok.header(), frame, 0).records()).isEqualTo(records());
    }
}
