package io.halfstep.layer;

import com.esotericsoftware.kryo.io.Output;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where the stages of a run save their state, each in files of its own, and where they find it when
 * the run resumes.
 *
 * @param folder of the checkpoints
 * @param number of the first checkpoint that this run may make
 * @param states the files of the stages' states to go on from, by the actor's name
 * @param rounded the files of layers' integers, by the actor's name
 */
public record StateFolder(
    Path folder, long number, Map<String, Path> states, Map<String, Path> rounded) {
  /** Of file names' length; an actor's name begins with its number, so this keeps them apart. */
  private static final int LONGEST = 80;

  /** Of a state's bytes that are kept in memory when they can't be written. */
  private static final int MOST_KEPT = 1 << 20;

  /** Writes a stage's state for a checkpoint; blocking. */
  RunEvent save(long checkpoint, String actor, CheckpointFile.Writer state) {
    return write(checkpoint, actor, "state", false, state);
  }

  /** Writes a layer's integers, which belong to all later checkpoints; blocking. */
  RunEvent saveRounded(String actor, CheckpointFile.Writer rounded) {
    return write(number, actor, "rounded", true, rounded);
  }

  private RunEvent write(
      long at, String actor, String kind, boolean integers, CheckpointFile.Writer content) {
    String name = actor.substring(0, Math.min(LONGEST, actor.length()));
    String file = "%08d-%s.%s".formatted(at, name, kind);
    try {
      return saved(at, actor, integers, file, content);
    } catch (IOException | RuntimeException e) {
      byte[] kept = bytes(content, integers ? Integer.MAX_VALUE - 8 : MOST_KEPT);
      return new RunEvent.NotSaved(at, actor, integers, file, kept, message(file, e));
    }
  }

  /** Writes what could not be written before; blocking. */
  public RunEvent saveAgain(RunEvent.NotSaved before) {
    try {
      return saved(
          before.number(),
          before.stage(),
          before.rounded(),
          before.file(),
          to -> to.write(before.content()));
    } catch (IOException | RuntimeException e) {
      return new RunEvent.NotSaved(
          before.number(),
          before.stage(),
          before.rounded(),
          before.file(),
          before.content(),
          message(before.file(), e));
    }
  }

  private RunEvent.Saved saved(
      long at, String actor, boolean integers, String file, CheckpointFile.Writer content)
      throws IOException {
    CheckpointFile.Summary summary = CheckpointFile.write(folder.resolve(file), content);
    return new RunEvent.Saved(at, actor, integers, file, summary.bytes(), summary.checksum());
  }

  private static byte[] bytes(CheckpointFile.Writer content, int most) {
    try (Output buffer = new Output(1 << 12, most)) {
      content.write(buffer);
      return buffer.toBytes();
    } catch (IOException | RuntimeException e) { // it overflows
      return new byte[0];
    }
  }

  private String message(String file, Exception cause) {
    return "%s: %s".formatted(folder.resolve(file), cause);
  }
}
