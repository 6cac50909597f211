package dev.varve.log;

import dev.varve.log.compaction.CompactionPolicy.Keep;
import dev.varve.log.compaction.KeyFacts;
import dev.varve.log.keys.Key;
import dev.varve.log.keys.KeyCursor;
import dev.varve.log.keys.KeyEntry;
import dev.varve.log.keys.KeyPostings;
import dev.varve.log.keys.KeySummary;
import dev.varve.log.keys.SegmentKeys;
import dev.varve.log.segment.SegmentView;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * What the tables of keys say of the records of one segment: which of them later ones, deletions or a forgetting made dead. The
 * directory of keys says where to look; what it says is not believed before the table of a segment confirms it, for what is taken out of
 * a log on a wrong word is lost. Holds an entry for each key of the segment that has anything dead, or may have. For one thread.
 */
final class KeyEvidence implements KeyFacts.Source {
    /** About what a look at a key costs the disk. */
    private static final int BYTES_PER_KEY = 256;

    private final LogKeys keys;
    private final Supplier<LogView> views;
    private final SegmentView segment;
    private final Keep keep;
    private final Map<Key, KeyFacts> facts = new HashMap<>();
    private long live;
    private long dead;
    private boolean isDamaged;

    private KeyEvidence(LogKeys keys, Supplier<LogView> views, SegmentView segment, Keep keep) {
        this.keys = keys;
        this.views = views;
        this.segment = segment;
        this.keep = keep;
    }

    static KeyEvidence gather(LogKeys keys, Supplier<LogView> views, SegmentView segment, Keep keep, LongConsumer pace)
            throws IOException {
        KeyEvidence evidence = new KeyEvidence(keys, views, segment, keep);
        keys.sourceOf(segment).look((source, bad) -> {
            evidence.isDamaged = !bad.isEmpty();
            for (KeyCursor cursor = source.cursor(); cursor.key() != null && bad.isEmpty(); cursor.advance()) {
                evidence.gather(cursor.key(), cursor.found());
                pace.accept(BYTES_PER_KEY);
            }
            return null;
        });
        return evidence;
    }

    /** Whether some of the segment could not be read when its keys were found. */
    boolean isDamaged() {
        return isDamaged;
    }

    /** How many of its batches with keys are dead, a batch with records of several keys counted for each. */
    long dead() {
        return dead;
    }

    /** How many more would have to be dead for a share of them to be; 0 or less if it is. */
    long missing(double share) {
        return (long) Math.ceil(share * (dead + live)) - dead;
    }

    private void gather(Key key, SegmentKeys.Found found) throws IOException {
        KeySummary here = found.summary();
        KeySummary later = later(key, here);
        KeyFacts known = later == null
                ? new KeyFacts(here, here, -1)
                : new KeyFacts(here.plus(later), here, later.highestSequence());
        long deadBefore = dead;
        count(known, here, found.postings());
        if (dead > deadBefore || here.forgottenAt() >= 0 || keep == Keep.LATEST_OF_KEY) {
            facts.put(key, known);
        }
    }

    private void count(KeyFacts known, KeySummary here, KeyPostings postings) throws IOException {
        int n = postings.count();
        for (int i = 0; i < n; i++) {
            count(isDead(known, here, postings.sequence(i), i == n - 1));
        }
        if (here.deletedTo() > 0) {
            count(known.isForgotten(here.lastOffset()) || known.known().deletedTo() > here.deletedTo());
        }
        if (here.forgottenAt() >= 0) {
            count(isFirst());
        }
    }

    private void count(boolean isDead) {
        if (isDead) {
            dead++;
        } else {
            live++;
        }
    }

    private boolean isDead(KeyFacts known, KeySummary here, long sequence, boolean isLast) {
        if (known.isForgotten(here.lastOffset()) || known.isDeleted(sequence)) {
            return true;
        }
        return keep == Keep.LATEST_OF_KEY
                && known.isSuperseded(isLast ? here.lastOffset() : here.lastOffset() - 1, sequence);
    }

    /** What later segments say of a key that makes a difference to its records here; null if nothing. */
    private KeySummary later(Key key, KeySummary here) throws IOException {
        KeyEntry hint = keys.entry(key);
        if (hint == null) {
            return forgotten(key);
        }
        TreeMap<Long, KeySummary> proofs = new TreeMap<>();
        KeySummary all = hint.summary();
        long[] segments = hint.segments();
        if (keep == Keep.LATEST_OF_KEY && all.lastOffset() > here.lastOffset()) {
            prove(key, all.lastOffset(), proofs);
        }
        if (all.forgottenAt() > here.forgottenAt()) {
            prove(key, segments[0], proofs);
        } else if (segments[0] > segment.baseOffset()) {
            proveForgotten(key, segments[0], proofs);
        }
        if (all.deletedTo() > here.deletedTo()) {
            for (int i = segments.length - 1; i >= 0 && segments[i] > segment.baseOffset(); i--) {
                KeySummary found = prove(key, segments[i], proofs);
                if (found != null && found.deletedTo() == all.deletedTo()) {
                    break;
                }
            }
        }
        return proofs.values().stream().reduce(KeySummary::plus).orElse(null);
    }

    /** The directory knows nothing of the key, although it has records: it was forgotten, or the directory is wrong. */
    private KeySummary forgotten(Key key) throws IOException {
        LogView view = views.get();
        for (int i = view.segmentCount() - 1; i >= 0 && view.segment(i).baseOffset() > segment.baseOffset(); i--) {
            KeySummary found = summary(key, view.segment(i).baseOffset());
            if (found != null) {
                return found.forgottenAt() >= 0 ? found : null;
            }
        }
        return null;
    }

    /** The directory knows nothing of the records of the key here: it was forgotten, and used again from an offset on, or the directory is wrong. */
    private void proveForgotten(Key key, long usedAgain, TreeMap<Long, KeySummary> proofs) throws IOException {
        LogView view = views.get();
        for (int i = view.segmentIndexFor(usedAgain);
                i >= 0 && view.segment(i).baseOffset() > segment.baseOffset();
                i--) {
            KeySummary found = prove(key, view.segment(i).baseOffset(), proofs);
            if (found != null && found.forgottenAt() >= 0) {
                return;
            }
        }
    }

    private KeySummary prove(Key key, long offset, TreeMap<Long, KeySummary> proofs) throws IOException {
        KeySummary found = summary(key, offset);
        if (found != null) {
            proofs.put(offset, found);
        }
        return found;
    }

    /** What the segment that holds an offset says of a key, if it is later than this one; else null. */
    private KeySummary summary(Key key, long offset) throws IOException {
        LogView view = views.get();
        SegmentView other = view.segment(view.segmentIndexFor(offset));
        if (other.baseOffset() <= segment.baseOffset()) {
            return null;
        }
        return keys.sourceOf(other).lookAgain((source, bad) -> {
            SegmentKeys.Found found = source.get(key);
            return found == null ? null : found.summary();
        });
    }

    private boolean isFirst() {
        return views.get().segment(0).baseOffset() == segment.baseOffset();
    }

    @Override
    public KeyFacts of(Key key) {
        return facts.get(key);
    }

    @Override
    public boolean isFirst(Key key) throws IOException {
        LogView view = views.get();
        for (int i = 0; i < view.segmentCount() && view.segment(i).baseOffset() < segment.baseOffset(); i++) {
            boolean isThere = keys.sourceOf(view.segment(i))
                    .lookAgain((source, bad) -> !bad.isEmpty() || source.get(key) != null);
            if (isThere) {
                return false;
            }
        }
        return true;
    }
}
