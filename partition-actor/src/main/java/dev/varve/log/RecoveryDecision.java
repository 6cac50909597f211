package dev.varve.log;

/**
 * What to do with the active segment of a log that was not closed cleanly. One rule: bad bytes at or past the durable mark
 * are a torn commit, whatever follows them; bad bytes below it are damage, and damage is never cut off. As a table, so
 * that it can be read and tested whole: each input meets exactly one row.
 */
enum RecoveryDecision {
    /** All bytes are frames: go on behind the last one. */
    GO_ON(false, false, false),
    /** A commit was under way when the last owner died: put what is left of it into quarantine, go on in its place. */
    CUT_TORN_COMMIT(false, false, true),
    /** Something durable is damaged: leave it, seal the segment as it is, go on in a new one. */
    KEEP_DAMAGE(false, true, false),
    /** Both: put the torn commit into quarantine, leave the damage, go on in a new segment. */
    CUT_TORN_COMMIT_AND_KEEP_DAMAGE(false, true, true),
    /** The file ends below the durable mark: refuse, for what is missing may still be found elsewhere. */
    REFUSE_TAIL_LOST(true, null, null);

    private final boolean endsBelowMark;
    /** Null: either. */
    private final Boolean badBelowMark;

    private final Boolean badAtOrPastMark;

    RecoveryDecision(boolean endsBelowMark, Boolean badBelowMark, Boolean badAtOrPastMark) {
        this.endsBelowMark = endsBelowMark;
        this.badBelowMark = badBelowMark;
        this.badAtOrPastMark = badAtOrPastMark;
    }

    /**
     * The row for a segment.
     *
     * @param endsBelowMark whether the file is shorter than the durable mark
     * @param badBelowMark whether bad bytes begin below the durable mark
     * @param badAtOrPastMark whether bad bytes begin at or past the durable mark
     */
    static RecoveryDecision of(boolean endsBelowMark, boolean badBelowMark, boolean badAtOrPastMark) {
        for (RecoveryDecision row : values()) {
            if (row.matches(endsBelowMark, badBelowMark, badAtOrPastMark)) {
                return row;
            }
        }
        throw new AssertionError("no row for " + endsBelowMark + ", " + badBelowMark + ", " + badAtOrPastMark);
    }

    boolean matches(boolean ends, boolean below, boolean past) {
        return endsBelowMark == ends
                && (badBelowMark == null || badBelowMark == below)
                && (badAtOrPastMark == null || badAtOrPastMark == past);
    }

    boolean cutsTornCommit() {
        return this == CUT_TORN_COMMIT || this == CUT_TORN_COMMIT_AND_KEEP_DAMAGE;
    }

    boolean keepsDamage() {
        return this == KEEP_DAMAGE || this == CUT_TORN_COMMIT_AND_KEEP_DAMAGE;
    }
}
