package dev.varve.partition;

import dev.varve.log.format.LogRecord;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Read;
import dev.varve.partition.PartitionActor.ReadFailed;
import dev.varve.partition.PartitionActor.ReadReply;
import dev.varve.partition.PartitionActor.Records;
import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import org.apache.pekko.actor.Terminated;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import scala.Tuple2;
import scala.runtime.BoxedUnit;

/** The stage behind {@link PartitionSource}: one question at a time, asked when downstream wants a record and none is at hand. */
final class RecordStage extends GraphStage<SourceShape<LogRecord>> {
    private static final String ASK_AGAIN = "ask again";

    private final Outlet<LogRecord> out = Outlet.create("PartitionSource.out");
    private final SourceShape<LogRecord> shape = SourceShape.of(out);
    private final RecipientRef<Command> partition;
    private final long fromOffset;
    private final PartitionSource.Options options;
    private final boolean follows;

    RecordStage(RecipientRef<Command> partition, long fromOffset, PartitionSource.Options options, boolean follows) {
        this.partition = partition;
        this.fromOffset = fromOffset;
        this.options = options;
        this.follows = follows;
    }

    @Override
    public SourceShape<LogRecord> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends TimerGraphStageLogic {
        private ActorRef<ReadReply> self;
        private long next = fromOffset;
        /** Where to complete; known from the first answer on. */
        private long end = Long.MAX_VALUE;

        private Iterator<LogRecord> atHand = Collections.emptyIterator();
        /** Whether the answer to the question from {@link #next} on is awaited. */
        private boolean asked;

        Logic() {
            super(shape);
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    serve();
                }
            });
        }

        @Override
        public void preStart() {
            StageActor actor = getStageActor(message -> {
                onMessage(message);
                return BoxedUnit.UNIT;
            });
            self = Adapter.toTyped(actor.ref());
            if (partition instanceof ActorRef<?> ref) {
                actor.watch(Adapter.toClassic(ref));
            }
        }

        private void serve() {
            if (atHand.hasNext()) {
                push(out, atHand.next());
            } else if (next < end && !asked) {
                ask();
            }
            if (!atHand.hasNext() && next >= end) {
                completeStage();
            }
        }

        private void ask() {
            asked = true;
            Duration maxWait = follows ? options.maxWait() : Duration.ZERO;
            partition.tell(new Read(next, options.maxBytes(), maxWait, self, options.withoutDeleted()));
            scheduleOnce(ASK_AGAIN, maxWait.plus(options.patience()));
        }

        @Override
        public void onTimer(Object key) {
            // No answer, or one that said to try later. An answer that comes late all the same is as good as the next
            // one.
            ask();
        }

        private void onMessage(Tuple2<org.apache.pekko.actor.ActorRef, Object> message) {
            if (message._2() instanceof Records records) {
                onRecords(records);
            } else if (message._2() instanceof ReadFailed failed) {
                onReadFailed(failed);
            } else if (message._2() instanceof Terminated) {
                failStage(new PartitionException(new PartitionError.Stopped(
                        "the partition has ended while offset " + next + " was to be read from it")));
            }
        }

        private void onRecords(Records answer) {
            if (!asked || answer.fromOffset() != next) {
                // The answer to a question that was asked twice.
                return;
            }
            asked = false;
            cancelTimer(ASK_AGAIN);
            if (!follows && end == Long.MAX_VALUE) {
                end = answer.logEndOffset();
            }
            next = answer.nextOffset();
            atHand = answer.records().stream()
                    .filter(record -> record.offset() < end)
                    .iterator();
            if (isAvailable(out)) {
                serve();
            }
        }

        private void onReadFailed(ReadFailed failed) {
            if (!asked || failed.offset() != next) {
                return;
            }
            if (failed.error() instanceof PartitionError.Overloaded) {
                scheduleOnce(ASK_AGAIN, options.retryDelay());
            } else {
                failStage(new PartitionException(failed.error()));
            }
        }
    }
}
