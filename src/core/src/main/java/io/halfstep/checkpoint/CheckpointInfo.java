package io.halfstep.checkpoint;

import java.time.Instant;
import java.util.Locale;

/**
 * A complete checkpoint.
 *
 * @param number counts the checkpoints of a store
 * @param pass a {@link io.halfstep.protocol.Pass} in lower case
 * @param batches of the pass before the checkpoint
 * @param samples in these batches
 * @param bytes its size on disk
 * @param seconds the time that it took
 * @param at the time of its completion
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
