package io.halfstep.layer;

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
      CheckpointFile.Summary summary = CheckpointFile.write(folder.resolve(file), content);
      return new RunEvent.Saved(at, actor, integers, file, summary.bytes(), summary.checksum());
    } catch (IOException | RuntimeException e) {
      return new RunEvent.NotSaved(
          at, integers, "%s: %s".formatted(folder.resolve(file), e.getMessage()));
    }
  }
}
