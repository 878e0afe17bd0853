package io.halfstep.checkpoint;

import java.time.Instant;
import java.util.Locale;

/**
 * A complete checkpoint.
 *
 * @param number counts the checkpoints of a folder
 * @param pass {@code observe}, {@code round}, {@code learn} or {@code finish}
 * @param batches of the pass that it holds
 * @param samples in these
 * @param bytes that it takes on the disk
 * @param seconds that it took
 * @param at when it was complete
 */
public record CheckpointInfo(
    long number, String pass, long batches, long samples, long bytes, double seconds, Instant at) {

  public static CheckpointInfo of(Manifest manifest) {
    return new CheckpointInfo(
        manifest.number(),
        manifest.pass().name().toLowerCase(Locale.ROOT),
        manifest.batches(),
        manifest.samples(),
        manifest.bytes(),
        manifest.seconds(),
        Instant.ofEpochMilli(manifest.atMillis()));
  }
}
