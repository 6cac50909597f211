package dev.varve.cluster.formation;

import java.io.NotSerializableException;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/** Announcements between nodes, and nothing else. */
public final class AnnouncementSerializer extends SerializerWithStringManifest {
    private static final int ID = 760_401;
    private static final String MANIFEST = "A";

    @Override
    public int identifier() {
        return ID;
    }

    @Override
    public String manifest(Object message) {
        return MANIFEST;
    }

    @Override
    public byte[] toBinary(Object message) {
        return ((Announcement) message).encode();
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
        if (!manifest.equals(MANIFEST)) {
            throw new NotSerializableException("there is no '" + manifest + "' among the messages between nodes");
        }
        try {
            return Announcement.decode(bytes);
        } catch (IllegalArgumentException e) {
            throw new NotSerializableException(e.getMessage());
        }
    }
}
