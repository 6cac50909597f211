package dev.varve.log;

import java.util.List;

/**
 * What opening a log found and did.
 *
 * @param created whether there was no log before
 * @param clean whether the last owner had closed it cleanly, so that nothing had to be read
 * @param bytesScanned how much of the active segment was read
 * @param bytesRewritten how much was written anew and synced, because it was visible once but not known to be durable
 * @param quarantinedBytes the length of the torn commit that was cut off; 0 if there was none
 * @param quarantineFile the name of the file in the directory of the log that keeps it, or empty
 * @param damage what was found damaged below the durable mark and left as it is
 * @param removedFiles left-overs of an interrupted roll, deletion or replacement that were cleared away
 */
public record RecoveryReport(
        boolean created,
        boolean clean,
        long bytesScanned,
        long bytesRewritten,
        long quarantinedBytes,
        String quarantineFile,
        List<Damage> damage,
        List<String> removedFiles) {
    public RecoveryReport {
        damage = List.copyOf(damage);
        removedFiles = List.copyOf(removedFiles);
    }
}
