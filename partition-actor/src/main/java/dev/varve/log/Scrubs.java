package dev.varve.log;

import dev.varve.log.segment.SegmentView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongConsumer;

/** What walks over a log at work have found. Any thread may ask; one at a time may walk. */
final class Scrubs {
    private final PartitionLog log;
    private final LogOptions options;
    private final DamageList damage;

    /** What the walk under way has found so far, but for damaged frames. */
    private final List<Damage> found = new ArrayList<>();

    /** The same of the last walk that has ended. */
    private volatile List<Damage> findings = List.of();

    private volatile Optional<ScrubDescription> last = Optional.empty();

    /** @param damage where damaged frames are noted down */
    Scrubs(PartitionLog log, LogOptions options, DamageList damage) {
        this.log = log;
        this.options = options;
        this.damage = damage;
    }

    LogScrub begin() {
        log.requireNotClosed();
        found.clear();
        last = Optional.of(new ScrubDescription(options.clock().wallMillis(), OptionalLong.empty(), 0, 0));
        return new LogScrub(this, new LogWalk(log.directory(), options, this::note));
    }

    boolean walkOn(LogWalk walk, LongConsumer pace) {
        log.requireNotClosed();
        boolean isMore;
        try {
            isMore = walk.walkOn(bytes -> {
                log.requireNotClosed();
                pace.accept(bytes);
            });
        } catch (LogException.IoFailed e) {
            // Of a log that was closed the files may be gone.
            log.requireNotClosed();
            walk.find(new Damage(
                    e.file().getFileName().toString(),
                    Math.max(0, e.position()),
                    -1,
                    -1,
                    Damage.Kind.UNREADABLE,
                    e.getMessage()));
            isMore = walk.hasMore();
        }
        OptionalLong ended =
                isMore ? OptionalLong.empty() : OptionalLong.of(options.clock().wallMillis());
        if (!isMore) {
            findings = List.copyOf(found);
        }
        last = Optional.of(new ScrubDescription(
                last.orElseThrow().begunMillis(),
                ended,
                walk.walked().bytes(),
                walk.walked().findings()));
        return isMore;
    }

    private void note(Damage finding) {
        if (finding.kind() == Damage.Kind.FRAME) {
            remember(finding);
        } else if (found.size() < DamageList.MAX_RANGES) {
            found.add(finding);
        }
    }

    private void remember(Damage finding) {
        LogView seen = log.view();
        for (int i = 0; i < seen.segmentCount(); i++) {
            SegmentView segment = seen.segment(i);
            if (segment.file().getFileName().toString().equals(finding.file())) {
                damage.add(segment.segmentId(), finding.position(), finding.firstOffset(), finding.lastOffset());
            }
        }
    }

    List<Damage> findings() {
        return findings;
    }

    /** The walk that is under way, or the last one; empty if there was none since the log was opened. */
    Optional<ScrubDescription> last() {
        return last;
    }
}
