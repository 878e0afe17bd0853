package io.halfstep.checkpoint;

import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageId;
import io.halfstep.quantizer.Encoding;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.io.IOException;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What makes files a checkpoint: with it written, the checkpoint is complete.
 *
 * @param number counts the checkpoints of a folder
 * @param fingerprint what it is a checkpoint of
 * @param pass the pass it was taken in
 * @param batches how many batches of the pass are in it; the first one that is not has this number
 * @param samples how many samples these hold
 * @param totalSamples how many samples a pass has; 0 where that is not known yet
 * @param atMillis when it was complete, in milliseconds since 1970
 * @param seconds how long it took
 * @param states the state of each stage
 * @param rounded the integers of each layer that has them
 * @param encodings of activations as the student's pass has set them; empty before
 * @param statistics behind those
 */
public record Manifest(
    long number,
    String fingerprint,
    Pass pass,
    long batches,
    long samples,
    long totalSamples,
    long atMillis,
    double seconds,
    SortedMap<StageId, RunEvent.Saved> states,
    SortedMap<StageId, RunEvent.Saved> rounded,
    SortedMap<String, Encoding> encodings,
    SortedMap<String, ActivationStatistics> statistics) {

  /** Writes it, whole or not at all. Blocking. */
  void write(CheckpointStore store, String name) throws IOException {
    store.publish(name, this::write);
  }

  /** Reads it; the contents that it names are not looked at. Blocking. */
  public static Manifest read(CheckpointStore store, String name) throws IOException {
    store.verify(name);
    return store.read(name, Manifest::read);
  }

  private void write(WireWriter to) {
    to.number(number)
        .text(fingerprint)
        .object(pass)
        .number(batches)
        .number(samples)
        .number(totalSamples)
        .number(atMillis)
        .real(seconds);
    for (SortedMap<StageId, RunEvent.Saved> files : List.of(states, rounded)) {
      to.count(files.size());
      files.values().forEach(to::object);
    }
    to.map(encodings).map(statistics);
  }

  private static Manifest read(WireReader from) {
    return new Manifest(
        from.number(),
        from.text(),
        from.object(Pass.class),
        from.number(),
        from.number(),
        from.number(),
        from.number(),
        from.real64(),
        files(from),
        files(from),
        from.map(Encoding.class),
        from.map(ActivationStatistics.class));
  }

  private static SortedMap<StageId, RunEvent.Saved> files(WireReader from) {
    SortedMap<StageId, RunEvent.Saved> files = new TreeMap<>();
    for (int left = from.count(); left > 0; left--) {
      RunEvent.Saved saved = from.object(RunEvent.Saved.class);
      files.put(saved.stage(), saved);
    }
    return files;
  }

  /**
   * Reads every content that it names. Blocking.
   *
   * @throws IOException with one line that names the first one that is not what it should be
   */
  void verify(CheckpointStore store) throws IOException {
    for (SortedMap<StageId, RunEvent.Saved> files : List.of(states, rounded)) {
      for (RunEvent.Saved saved : files.values()) {
        CheckpointStore.Summary found = store.verify(saved.file());
        if (found.checksum() != saved.checksum() || found.bytes() != saved.bytes()) {
          throw new IOException(
              "%s: found checksum %08x, expected %08x"
                  .formatted(store.locate(saved.file()), found.checksum(), saved.checksum()));
        }
      }
    }
  }

  /** The size of all files that it names. */
  public long bytes() {
    return states.values().stream().mapToLong(RunEvent.Saved::bytes).sum()
        + rounded.values().stream().mapToLong(RunEvent.Saved::bytes).sum();
  }
}
