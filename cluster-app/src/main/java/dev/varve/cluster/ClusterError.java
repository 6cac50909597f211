package dev.varve.cluster;

/** Why something was not done in a cluster: a message for people, and a code for programs that never changes. Immutable. */
public sealed interface ClusterError {

    /** What happened, and what to do next. */
    String message();

    /** The name of the kind: stable, for programs and protocols. */
    String code();

    /** There is a topic of that name. */
    record TopicExists(String topic) implements ClusterError {
        @Override
        public String message() {
            return "there is a topic '" + topic + "' already";
        }

        @Override
        public String code() {
            return "topic-exists";
        }
    }

    /** There is no topic of that name. */
    record NoSuchTopic(String topic) implements ClusterError {
        @Override
        public String message() {
            return "there is no topic '" + topic + "'";
        }

        @Override
        public String code() {
            return "no-such-topic";
        }
    }

    /** The topic has fewer partitions. */
    record NoSuchPartition(String topic, int partition, int partitions) implements ClusterError {
        @Override
        public String message() {
            return "topic '" + topic + "' has partitions 0 to " + (partitions - 1) + ", and no " + partition;
        }

        @Override
        public String code() {
            return "no-such-partition";
        }
    }

    /** What was asked for cannot be done, or not by this version. */
    record InvalidRequest(String message) implements ClusterError {
        @Override
        public String code() {
            return "invalid-request";
        }
    }

    /** Too few replicas could be reached to agree on anything. Nothing was changed. */
    record NotEnoughReplicas(String message) implements ClusterError {
        @Override
        public String code() {
            return "not-enough-replicas";
        }
    }

    /** There is no leader at the moment, or it has just moved. Nothing was changed; ask again. */
    record NotLeader(String message) implements ClusterError {
        @Override
        public String code() {
            return "not-leader";
        }
    }

    /** More waits than may wait. Nothing was changed; ask again a little later. */
    record Overloaded(String message) implements ClusterError {
        @Override
        public String code() {
            return "overloaded";
        }
    }

    /** No majority confirmed in time: whether it was done is not known. */
    record OutcomeUnknown(String message) implements ClusterError {
        @Override
        public String code() {
            return "outcome-unknown";
        }
    }

    /** The node has failed or is stopping. */
    record Unavailable(String message) implements ClusterError {
        @Override
        public String code() {
            return "unavailable";
        }
    }
}
