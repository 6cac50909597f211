package dev.varve.partition;

import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Read;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/** Reads at the end of the log that wait for records, each with a timer. For the actor alone. */
final class WaitingReads {
    private final TimerScheduler<Command> timers;
    private final Duration maxWait;
    private final Map<Long, Read> byId = new LinkedHashMap<>();
    private long lastId;

    WaitingReads(TimerScheduler<Command> timers, Duration maxWait) {
        this.timers = timers;
        this.maxWait = maxWait;
    }

    int size() {
        return byId.size();
    }

    void add(Read read) {
        long id = ++lastId;
        byId.put(id, read);
        Duration wait = read.maxWait().compareTo(maxWait) < 0 ? read.maxWait() : maxWait;
        timers.startSingleTimer(id, new Open.WaitEnded(id), wait);
    }

    /** The read whose time is over; null if it was answered meanwhile. */
    Read takeEnded(long id) {
        return byId.remove(id);
    }

    /** The reads for whose offset there may be a record now, in the order in which they came. */
    List<Read> takeBelow(long logEndOffset) {
        List<Read> taken = new ArrayList<>();
        byId.entrySet().removeIf(entry -> {
            if (entry.getValue().offset() >= logEndOffset) {
                return false;
            }
            timers.cancel(entry.getKey());
            return taken.add(entry.getValue());
        });
        return taken;
    }

    List<Read> takeAll() {
        return takeBelow(Long.MAX_VALUE);
    }
}
