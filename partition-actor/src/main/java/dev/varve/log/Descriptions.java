package dev.varve.log;

import dev.varve.log.format.Manifest.DamagedRange;
import dev.varve.log.segment.SegmentView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Turns what readers see of a log into what people are told. */
final class Descriptions {
    private Descriptions() {}

    static LogDescription describe(
            LogView view,
            long logId,
            long epoch,
            LogState state,
            String problem,
            DamageList damage,
            List<Damage> findings) {
        List<SegmentDescription> segments = new ArrayList<>(view.segmentCount());
        Map<Long, String> fileNames = new HashMap<>();
        long records = 0;
        long bytes = 0;
        long minTimestamp = Long.MAX_VALUE;
        long maxTimestamp = Long.MIN_VALUE;
        for (int i = 0; i < view.segmentCount(); i++) {
            SegmentView segment = view.segment(i);
            segments.add(describe(segment));
            fileNames.put(segment.segmentId(), segment.file().getFileName().toString());
            records += segment.records();
            bytes += segment.lengthBytes();
            minTimestamp = Math.min(minTimestamp, segment.minTimestamp());
            maxTimestamp = Math.max(maxTimestamp, segment.maxTimestamp());
        }
        List<Damage> known = new ArrayList<>();
        for (Damage finding : findings) {
            if (finding.kind() != Damage.Kind.FRAME) {
                known.add(finding);
            }
        }
        for (DamagedRange range : damage.in(fileNames::containsKey)) {
            known.add(new Damage(
                    fileNames.get(range.segmentId()),
                    range.position(),
                    range.firstOffset(),
                    range.lastOffset(),
                    Damage.Kind.FRAME,
                    "damaged below the durable mark; nothing was deleted"));
        }
        return new LogDescription(
                logId,
                epoch,
                view.logStartOffset(),
                view.logEndOffset(),
                view.durableOffset(),
                state,
                problem,
                records,
                bytes,
                minTimestamp,
                maxTimestamp,
                segments,
                known,
                Optional.empty());
    }

    private static SegmentDescription describe(SegmentView segment) {
        return new SegmentDescription(
                segment.file().getFileName().toString(),
                segment.baseOffset(),
                segment.lastOffset(),
                segment.records(),
                segment.lengthBytes(),
                segment.minTimestamp(),
                segment.maxTimestamp(),
                segment.sealed());
    }
}
