package dev.varve.partition;

import dev.varve.log.format.NewRecord;
import dev.varve.log.format.RecordHeader;
import dev.varve.partition.PartitionActor.Append;
import dev.varve.partition.PartitionActor.Command;
import dev.varve.partition.PartitionActor.DeleteBefore;
import dev.varve.partition.PartitionActor.DeleteKey;
import dev.varve.partition.PartitionActor.Failure;
import dev.varve.partition.PartitionActor.Flush;
import dev.varve.partition.PartitionActor.ForgetKey;
import dev.varve.partition.PartitionActor.ListKeys;
import dev.varve.partition.PartitionActor.LocalAppend;
import dev.varve.partition.PartitionActor.LookUpKey;
import dev.varve.partition.PartitionActor.NotStored;
import dev.varve.partition.PartitionActor.OffsetForTimestamp;
import dev.varve.partition.PartitionActor.Read;
import dev.varve.partition.PartitionActor.ReadFailed;
import dev.varve.partition.PartitionActor.ReadKey;
import dev.varve.partition.PartitionActor.Roll;
import dev.varve.partition.PartitionActor.Subscribe;
import dev.varve.partition.PartitionActor.SubscribeToKey;
import java.util.List;

/** Says no to a command, in the words that its sender waits for. */
public final class Refusal {
    private Refusal() {}

    /** Answers a command that was not carried out and will not be. Commands that nobody waits for an answer to are passed over. */
    public static void refuse(Command command, PartitionError error) {
        if (command instanceof Append append) {
            append.replyTo().tell(new NotStored(error));
        } else if (command instanceof LocalAppend append) {
            append.reply().accept(new NotStored(error));
        } else if (command instanceof DeleteKey delete) {
            delete.replyTo().tell(new NotStored(error));
        } else if (command instanceof ForgetKey forget) {
            forget.replyTo().tell(new NotStored(error));
        } else if (command instanceof LookUpKey lookUp) {
            lookUp.replyTo().tell(new Failure(error));
        } else if (command instanceof ReadKey read) {
            read.replyTo().tell(new Failure(error));
        } else if (command instanceof ListKeys list) {
            list.replyTo().tell(new Failure(error));
        } else if (command instanceof Read read) {
            read.replyTo().tell(new ReadFailed(read.offset(), error));
        } else if (command instanceof Flush flush) {
            flush.replyTo().tell(new Failure(error));
        } else if (command instanceof Roll roll) {
            roll.replyTo().tell(new Failure(error));
        } else if (command instanceof OffsetForTimestamp offset) {
            offset.replyTo().tell(new Failure(error));
        } else if (command instanceof DeleteBefore delete) {
            delete.replyTo().tell(new Failure(error));
        } else if (command instanceof Subscribe subscribe) {
            subscribe.replyTo().tell(new Failure(error));
        } else if (command instanceof SubscribeToKey subscribe) {
            subscribe.replyTo().tell(new Failure(error));
        }
    }

    /** About how many bytes a waiting command holds on to. */
    static long bytes(Command command) {
        if (command instanceof Append append) {
            return bytes(append.records());
        }
        return command instanceof LocalAppend append ? bytes(append.records()) : 0;
    }

    private static long bytes(List<NewRecord> records) {
        long bytes = 0;
        for (NewRecord record : records) {
            bytes += length(record.key()) + length(record.value());
            for (RecordHeader header : record.headers()) {
                bytes += header.key().length() + length(header.value());
            }
        }
        return bytes;
    }

    private static long length(byte[] bytes) {
        return bytes == null ? 0 : bytes.length;
    }
}
