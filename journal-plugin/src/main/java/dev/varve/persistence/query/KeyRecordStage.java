package dev.varve.persistence.query;

import dev.varve.log.KeyState;
import dev.varve.log.format.LogRecord;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Failure;
import dev.varve.partition.PartitionActor.KeyRecords;
import dev.varve.partition.PartitionActor.SubscribeToKey;
import dev.varve.partition.PartitionActor.Tail;
import dev.varve.partition.PartitionActor.TailReply;
import dev.varve.partition.PartitionError;
import dev.varve.persistence.storage.PartitionRequests;
import dev.varve.persistence.storage.Stages;
import dev.varve.persistence.storage.StorageException;
import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.pekko.actor.Terminated;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.japi.function.Procedure;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import scala.Tuple2;
import scala.runtime.BoxedUnit;

/**
 * The records of one key in their order, without those that are deleted. While one step is handed out the next is read, so two are held at
 * most; nothing is read before downstream wants it. A live stream that has come to the end is woken by the commit that stores the next record
 * of the key. What is not answered is asked again.
 */
final class KeyRecordStage extends GraphStage<SourceShape<LogRecord>> {
    /** The first step is small, for many streams want little; the next ones double. */
    private static final int FIRST_STEP_BYTES = 16 << 10;

    /** A subscription with a partition on another node may get lost, so it is renewed. */
    private static final Duration RENEWAL = Duration.ofSeconds(10);

    /**
     * Which records.
     *
     * @param fromSequence the least key sequence wanted
     * @param toSequence the greatest key sequence wanted; where it is reached the stream ends
     * @param isLive whether to go on with records that are appended later
     */
    record Wanted(int partition, byte[] key, long fromSequence, long toSequence, boolean isLive) {}

    private enum Timer {
        READ_AGAIN,
        SUBSCRIBE_AGAIN,
        RENEW_SUBSCRIPTION
    }

    private final Outlet<LogRecord> out = Outlet.create("KeyRecordStage.out");
    private final SourceShape<LogRecord> shape = SourceShape.of(out);
    private final PartitionRequests requests;
    private final Wanted wanted;
    private final int maxStepBytes;

    KeyRecordStage(PartitionRequests requests, Wanted wanted, int maxStepBytes) {
        this.requests = requests;
        this.wanted = wanted;
        this.maxStepBytes = maxStepBytes;
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
        private final RecipientRef<Command> partition = requests.partitions().partition(wanted.partition());
        private final AsyncCallback<Answer<KeyRecords>> onRead = createAsyncCallback(handler(this::read));
        private final AsyncCallback<Answer<KeyState>> onState = createAsyncCallback(handler(this::lookedUp));
        private ActorRef<TailReply> self;
        private Iterator<LogRecord> atHand = Collections.emptyIterator();
        /** The step behind that; null if it is not there yet. */
        private List<LogRecord> ahead;

        private long nextOffset;
        private int stepBytes = Math.min(FIRST_STEP_BYTES, maxStepBytes);
        private boolean isAsking;
        /** Whether everything up to the end was read, as far as is known. */
        private boolean isAtEnd;
        /** Whether what comes is the last. */
        private boolean isLast;

        /** Whether the highest sequence of the key is known to have reached the bound, so that the next read up to the end is the last. */
        private boolean isBoundReached;

        private boolean isSubscribed;
        /** Whether records were appended while a read was under way, which may not have seen them. */
        private boolean wasTold;

        Logic() {
            super(shape);
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    serve();
                }
            });
        }

        /** Runs for what came from another thread. */
        private <T> Procedure<Answer<T>> handler(Consumer<T> onValue) {
            return answer -> {
                isAsking = false;
                if (answer.failure() == null) {
                    onValue.accept(answer.value());
                } else {
                    failed(answer.failure());
                }
            };
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
            boolean isLocal =
                    partition instanceof ActorRef<?> ref && ref.path().address().hasLocalScope();
            if (wanted.isLive() && !isLocal) {
                scheduleWithFixedDelay(Timer.RENEW_SUBSCRIPTION, RENEWAL, RENEWAL);
            }
        }

        private void serve() {
            if (!atHand.hasNext() && ahead != null) {
                atHand = ahead.iterator();
                ahead = null;
            }
            if (atHand.hasNext()) {
                push(out, atHand.next());
            }
            if (isLast) {
                if (!atHand.hasNext() && ahead == null) {
                    completeStage();
                }
            } else if (ahead == null && !isAsking && !isAtEnd) {
                ask();
            }
        }

        private void ask() {
            if (wanted.isLive() && !isSubscribed) {
                // Before the read, so that what it does not see is told of.
                partition.tell(new SubscribeToKey(wanted.key(), self));
                isSubscribed = true;
            }
            isAsking = true;
            wasTold = false;
            send(
                    requests.readKey(wanted.partition(), wanted.key(), wanted.fromSequence(), nextOffset, stepBytes),
                    onRead);
            stepBytes = Math.min(2 * stepBytes, maxStepBytes);
        }

        private <T> void send(CompletionStage<T> stage, AsyncCallback<Answer<T>> callback) {
            BiConsumer<T, Throwable> tell = (value, failure) -> callback.invoke(new Answer<>(value, failure));
            stage.whenComplete(tell);
        }

        private void read(KeyRecords read) {
            nextOffset = read.nextOffset();
            List<LogRecord> records = read.records();
            int count = records.size();
            if (count > 0 && records.get(count - 1).keySequence() >= wanted.toSequence()) {
                isLast = true;
                records = records.stream()
                        .filter(record -> record.keySequence() <= wanted.toSequence())
                        .toList();
            }
            ahead = records.isEmpty() ? null : records;
            isAtEnd = read.isComplete() && !wasTold;
            if (isAtEnd && !isLast) {
                if (!wanted.isLive() || isBoundReached) {
                    isLast = true;
                } else if (wanted.toSequence() < Long.MAX_VALUE) {
                    // The last ones that are wanted may be deleted, and then never come.
                    isAsking = true;
                    send(requests.lookUp(wanted.partition(), wanted.key()), onState);
                }
            }
            serveIfWanted();
        }

        private void lookedUp(KeyState state) {
            if (state.highestSequence() >= wanted.toSequence()) {
                isBoundReached = true;
                isAtEnd = false;
            }
            serveIfWanted();
        }

        private void serveIfWanted() {
            if (isAvailable(out)) {
                serve();
            } else if (isLast && !atHand.hasNext() && ahead == null) {
                completeStage();
            }
        }

        private void failed(Throwable thrown) {
            if (PartitionRequests.isPassing(thrown)) {
                isAtEnd = false;
                isAsking = true;
                scheduleOnce(Timer.READ_AGAIN, PartitionRequests.RETRY_DELAY);
            } else {
                failStage(Stages.cause(thrown));
            }
        }

        @Override
        public void onTimer(Object timer) {
            if (timer == Timer.READ_AGAIN) {
                isAsking = false;
            } else {
                isSubscribed = false;
                isAtEnd = false;
            }
            serveIfWanted();
        }

        private void onMessage(Tuple2<org.apache.pekko.actor.ActorRef, Object> message) {
            if (message._2() instanceof Tail) {
                isSubscribed = false;
                wasTold = true;
                isAtEnd = false;
                serveIfWanted();
            } else if (message._2() instanceof Failure failure) {
                if (failure.error() instanceof PartitionError.Overloaded) {
                    scheduleOnce(Timer.SUBSCRIBE_AGAIN, PartitionRequests.RETRY_DELAY);
                } else {
                    failStage(new StorageException(failure.error()));
                }
            } else if (message._2() instanceof Terminated) {
                failStage(new StorageException(new PartitionError.Stopped(
                        "the partition has ended while records of a key were read from it")));
            }
        }
    }

    private record Answer<T>(T value, Throwable failure) {}
}
