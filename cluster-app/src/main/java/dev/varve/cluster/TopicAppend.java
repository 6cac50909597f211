package dev.varve.cluster;

import dev.varve.log.format.FrameHeader.Producer;
import dev.varve.log.format.NewRecord;
import java.util.List;
import java.util.Optional;

/**
 * Records for one partition, to be stored together or not at all.
 *
 * @param records one or more
 * @param producer who sends them, so that they may be sent again and are stored once
 */
public record TopicAppend(String topic, int partition, List<NewRecord> records, Optional<Producer> producer) {}
