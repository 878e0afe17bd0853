package io.halfstep.checkpoint;

import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.quantizer.Encoding;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.wire.WireKryo;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
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
    SortedMap<String, RunEvent.Saved> states,
    SortedMap<String, RunEvent.Saved> rounded,
    SortedMap<String, Encoding> encodings,
    SortedMap<String, ActivationStatistics> statistics) {

  /**
   * Writes it under a name that appears when all is on the disk; on failure nothing is left of it.
   * Blocking.
   */
  public void write(Path file) throws IOException {
    Path unfinished = file.resolveSibling(file.getFileName() + ".tmp");
    CheckpointFile.write(unfinished, this::write);
    try {
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
      try (FileChannel folder =
          FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
        folder.force(true);
      }
    } catch (IOException e) {
      Files.deleteIfExists(unfinished);
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /**
   * Reads it; the files that it names are not looked at. Blocking.
   *
   * @throws IOException with one line that names the file, what was found and what was expected
   */
  public static Manifest read(Path file) throws IOException {
    CheckpointFile.verify(file);
    return CheckpointFile.read(file, Manifest::read);
  }

  private void write(Output to) {
    to.writeLong(number);
    to.writeString(fingerprint);
    WireKryo.write(to, pass);
    to.writeLong(batches);
    to.writeLong(samples);
    to.writeLong(totalSamples);
    to.writeLong(atMillis);
    to.writeDouble(seconds);
    for (SortedMap<String, ?> map : List.of(states, rounded, encodings, statistics)) {
      to.writeInt(map.size());
      map.forEach(
          (name, value) -> {
            to.writeString(name);
            WireKryo.write(to, value);
          });
    }
  }

  private static Manifest read(Input from) {
    return new Manifest(
        from.readLong(),
        from.readString(),
        (Pass) WireKryo.read(from),
        from.readLong(),
        from.readLong(),
        from.readLong(),
        from.readLong(),
        from.readDouble(),
        readMap(from, RunEvent.Saved.class),
        readMap(from, RunEvent.Saved.class),
        readMap(from, Encoding.class),
        readMap(from, ActivationStatistics.class));
  }

  private static <T> SortedMap<String, T> readMap(Input from, Class<T> type) {
    SortedMap<String, T> map = new TreeMap<>();
    for (int left = from.readInt(); left > 0; left--) {
      map.put(from.readString(), type.cast(WireKryo.read(from)));
    }
    return map;
  }

  /**
   * Reads every file that it names. Blocking.
   *
   * @throws IOException with one line that names the first file that is not what it should be
   */
  public void verify(Path folder) throws IOException {
    for (SortedMap<String, RunEvent.Saved> files : List.of(states, rounded)) {
      for (RunEvent.Saved saved : files.values()) {
        Path file = folder.resolve(saved.file());
        CheckpointFile.Summary found = CheckpointFile.verify(file);
        if (found.checksum() != saved.checksum() || found.bytes() != saved.bytes()) {
          throw new IOException(
              "%s: found checksum %08x, expected %08x"
                  .formatted(file, found.checksum(), saved.checksum()));
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
