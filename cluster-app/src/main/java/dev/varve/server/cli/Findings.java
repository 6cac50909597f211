package dev.varve.server.cli;

import dev.varve.log.Damage;

/** Damage in words. */
final class Findings {
    private Findings() {}

    /** One line. */
    static String text(Damage damage) {
        String offsets =
                damage.firstOffset() < 0 ? "" : ", offsets " + damage.firstOffset() + " to " + damage.lastOffset();
        return damage.file() + " position " + damage.position() + offsets + ": " + damage.kind() + ": "
                + damage.detail();
    }
}
