package io.halfstep.checkpoint;

import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageId;
import io.halfstep.quantizer.Candidate;
import io.halfstep.quantizer.Encoding;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The list of a checkpoint's files: once it is written, the checkpoint is complete.
 *
 * @param number counts the checkpoints of a store
 * @param fingerprint identifies the run
 * @param pass the pass in which it was taken
 * @param batches the number of batches of the pass before it, which is also the id of the next one
 * @param samples the samples in these batches
 * @param totalSamples the samples of a pass; 0 if not yet known
 * @param atMillis the time of completion, in milliseconds since 1970
 * @param seconds the time that it took
 * @param states the state of each stage
 * @param rounded the integers of each rounded layer
 * @param encodings of activations, as set at the end of the student's pass; empty before
 * @param statistics for those encodings
 * @param others the SQNR of each output for each candidate that was compared before
 * @param positions of sequences in the first pass, if the network has a mask
 * @param padding the positions among them that were left out
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
    SortedMap<String, ActivationStatistics> statistics,
    Map<Candidate, SortedMap<String, Double>> others,
    long positions,
    long padding) {

  /** Writes the manifest atomically. Blocking. */
  void write(CheckpointStore store, String name) throws IOException {
    store.publish(name, this::write);
  }

  /** Reads the manifest without checking the contents that it names. Blocking. */
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
    to.count(others.size());
    others.forEach(
        (candidate, outputs) -> {
          to.object(candidate).count(outputs.size());
          outputs.forEach((output, decibels) -> to.text(output).real(decibels));
        });
    to.number(positions).number(padding);
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
        from.map(ActivationStatistics.class),
        others(from),
        from.number(),
        from.number());
  }

  private static Map<Candidate, SortedMap<String, Double>> others(WireReader from) {
    Map<Candidate, SortedMap<String, Double>> others = new EnumMap<>(Candidate.class);
    for (int left = from.count(); left > 0; left--) {
      Candidate candidate = from.object(Candidate.class);
      others.put(candidate, decibels(from));
    }
    return others;
  }

  private static SortedMap<String, Double> decibels(WireReader from) {
    SortedMap<String, Double> decibels = new TreeMap<>();
    for (int left = from.count(); left > 0; left--) {
      decibels.put(from.text(), from.real64());
    }
    return decibels;
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
   * Verifies every content that it names. Blocking.
   *
   * @throws IOException with one line that names the first damaged one
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

  /** Returns the size of all files that it names. */
  public long bytes() {
    return states.values().stream().mapToLong(RunEvent.Saved::bytes).sum()
        + rounded.values().stream().mapToLong(RunEvent.Saved::bytes).sum();
  }
}
