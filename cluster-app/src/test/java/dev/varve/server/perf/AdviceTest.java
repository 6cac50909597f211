package dev.varve.server.perf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.log.format.Compression;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What follows from the figures of a disk, at the limits of each rule. */
class AdviceTest {
    private static final double MIB = 1 << 20;

    private long p50 = 1_000_000;
    private long p99 = 2_000_000;
    private long growing = 1_500_000;
    private double write = 200 * MIB;
    private double read = 500 * MIB;
    private boolean cached;
    private String fileSystem = "ext4";
    private double lz4PerSecond = 400 * MIB;
    private double zstdPerSecond = 150 * MIB;

    private Advice advice() {
        return Advice.of(new DiskFigures(
                List.of(
                        new DiskFigures.Appends(4 << 10, true, 100, p50, p99),
                        new DiskFigures.Appends(4 << 10, false, 100, growing, growing)),
                write,
                read,
                cached,
                List.of(
                        new DiskFigures.Compressor(Compression.LZ4, 0.5, lz4PerSecond),
                        new DiskFigures.Compressor(Compression.ZSTD, 0.35, zstdPerSecond)),
                fileSystem));
    }

    private static String reason(Advice advice, String about) {
        return advice.reasons().stream()
                .filter(reason -> reason.startsWith(about + ": "))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void a_sync_is_slow_above_five_milliseconds_and_then_the_alternative_is_named_with_its_price() {
        p50 = 5_000_000;
        assertThat(advice().syncIsSlow()).isFalse();
        assertThat(reason(advice(), "sync")).contains("200 commits").doesNotContain("every-n-writes");
        p50 = 5_000_001;
        assertThat(advice().syncIsSlow()).isTrue();
        assertThat(reason(advice(), "sync")).contains("every-n-writes").contains("a loss of power takes");
    }

    @ParameterizedTest
    @CsvSource({
        // A sync of 1 ms at 200 MiB/s is worth 205 KiB.
        "1000000, 200, 262144",
        "1000000, 250, 262144",
        "1024000, 256, 524288",
        "1000, 100, 4096",
        "100000000, 200, 1048576"
    })
    void a_batch_is_as_large_as_what_the_disk_writes_during_a_sync(long sync, double mebibytes, int bytes) {
        p50 = sync;
        write = mebibytes * MIB;
        assertThat(advice().batchBytes()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({"10, 64", "127, 64", "128, 128", "255, 128", "256, 256", "1023, 512", "1024, 1024", "9000, 1024"})
    void a_segment_is_what_is_read_in_a_second_within_bounds(double mebibytesPerSecond, long mebibytes) {
        read = mebibytesPerSecond * MIB;
        assertThat(advice().segmentBytes()).isEqualTo(mebibytes << 20);
    }

    @Test
    void compression_is_advised_where_it_gains_more_time_than_it_takes() {
        // lz4 saves half of the writing: it pays while the disk writes less than half of what it compresses.
        zstdPerSecond = 1;
        write = 199 * MIB;
        assertThat(advice().compression()).isEqualTo(Compression.LZ4);
        write = 201 * MIB;
        assertThat(advice().compression()).isEqualTo(Compression.NONE);
        assertThat(reason(advice(), "compression")).contains("none");
        zstdPerSecond = 150 * MIB;
        write = 20 * MIB;
        assertThat(advice().compression()).isEqualTo(Compression.ZSTD);
        assertThat(reason(advice(), "compression")).contains("20 MiB/s").contains("zstd");
        write = 100 * MIB;
        assertThat(advice().compression()).isEqualTo(Compression.LZ4);
    }

    @Test
    void blocks_in_place_are_named_from_a_tenth_on() {
        p50 = 900_000;
        growing = 1_000_000;
        assertThat(reason(advice(), "preallocation")).contains("4 KiB is 10 % faster");
        p50 = 900_001;
        assertThat(reason(advice(), "preallocation")).contains("no difference");
    }

    @Test
    void a_disk_that_is_too_fast_to_be_true_is_warned_of_and_memory_is_called_memory() {
        p50 = 20_000;
        p99 = 20_000;
        assertThat(advice().warnings()).isEmpty();
        p50 = 19_999;
        assertThat(advice().warnings()).singleElement().asString().contains("does not keep what it promises");
        fileSystem = "tmpfs";
        assertThat(advice().warnings()).singleElement().asString().contains("this is memory (tmpfs)");
    }

    @Test
    void a_disk_that_stalls_is_warned_of_from_twenty_times_the_median_on() {
        p99 = 19_999_999;
        assertThat(advice().warnings()).isEmpty();
        p99 = 20_000_000;
        assertThat(advice().warnings()).singleElement().asString().contains("20.0 ms, 20 times the median");
    }

    @Test
    void reads_from_memory_are_told() {
        cached = true;
        assertThat(advice().warnings()).singleElement().asString().contains("memory of the operating system");
    }

    @Test
    void sizes_are_told_in_words() {
        assertThat(Advice.size(512)).isEqualTo("512 bytes");
        assertThat(Advice.size(1536)).isEqualTo("1.5 KiB");
        assertThat(Advice.size(64 << 20)).isEqualTo("64 MiB");
        assertThat(Advice.size(3.0 * (1L << 40))).isEqualTo("3072 GiB");
    }

    @Test
    void a_percentile_is_the_least_value_that_so_many_do_not_exceed() {
        List<Long> hundred =
                java.util.stream.LongStream.rangeClosed(1, 100).boxed().toList();
        assertThat(DiskProbe.percentile(hundred, 0.5)).isEqualTo(50);
        assertThat(DiskProbe.percentile(hundred, 0.99)).isEqualTo(99);
        assertThat(DiskProbe.percentile(List.of(7L), 0.5)).isEqualTo(7);
        assertThat(DiskProbe.percentile(List.of(7L, 9L), 0.99)).isEqualTo(9);
    }
}
