package dev.varve.partition;

import dev.varve.log.LogException;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.Describe;
import dev.varve.partition.PartitionActor.Description;
import dev.varve.partition.PartitionActor.Stop;
import java.util.Optional;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A partition whose log could not be opened: {@link PartitionState#FAILED}. It says why to all who ask. */
final class Unopened {
    private Unopened() {}

    static Behavior<Command> create(LogException error) {
        PartitionError refusal = new PartitionError.Failed(error.getMessage());
        return Behaviors.receive(Command.class)
                .onMessage(Describe.class, describe -> {
                    describe.replyTo()
                            .tell(new Description(PartitionState.FAILED, error.getMessage(), Optional.empty()));
                    return Behaviors.same();
                })
                .onMessage(Stop.class, stop -> Behaviors.stopped())
                .onMessage(Command.class, command -> {
                    Refusal.refuse(command, refusal);
                    return Behaviors.same();
                })
                .build();
    }
}
