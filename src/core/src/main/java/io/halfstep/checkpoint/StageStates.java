package io.halfstep.checkpoint;

import static java.util.Objects.requireNonNull;

import com.esotericsoftware.kryo.io.Output;
import io.halfstep.protocol.RunEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Where the stages of a run save their state, each in files of its own, and where they find it when
 * the run resumes. What could not be written is kept here, to be written later.
 */
public final class StateFolder {
  /** Of file names' length; an actor's name begins with its number, so this keeps them apart. */
  private static final int LONGEST = 80;

  /** Of a state's bytes that are kept in memory when they can't be written. */
  private static final int MOST_KEPT = 1 << 20;

  private final Path folder;
  private final long number;
  private final Map<String, Path> states;
  private final Map<String, Path> rounded;

  /** By file. */
  private final Map<String, CheckpointFile.Writer> unsaved = new ConcurrentHashMap<>();

  /**
   * For a run.
   *
   * @param folder of the checkpoints
   * @param number of the first checkpoint that this run may make
   * @param states the files of the stages' states to go on from, by the actor's name
   * @param rounded the files of layers' integers, by the actor's name
   */
  public StateFolder(
      Path folder, long number, Map<String, Path> states, Map<String, Path> rounded) {
    this.folder = folder;
    this.number = number;
    this.states = states;
    this.rounded = rounded;
  }

  /** The file of a stage's state to go on from; null if there is none. */
  public @Nullable Path state(String actor) {
    return states.get(actor);
  }

  /** The file of a layer's integers; null if there is none. */
  public @Nullable Path rounded(String actor) {
    return rounded.get(actor);
  }

  /** Writes a stage's state for a checkpoint; blocking. */
  public RunEvent save(long checkpoint, String actor, CheckpointFile.Writer state) {
    RunEvent event = write(checkpoint, actor, false, file(checkpoint, actor, "state"), state);
    if (event instanceof RunEvent.NotSaved failed) {
      byte[] copy = copy(state); // for it changes as soon as the barrier is through
      if (copy != null) {
        unsaved.put(failed.file(), to -> to.write(copy));
      }
    }
    return event;
  }

  /**
   * Writes a layer's integers, which belong to all later checkpoints; blocking.
   *
   * @param integers writes the same at any time
   */
  public RunEvent saveRounded(String actor, CheckpointFile.Writer integers) {
    RunEvent event = write(number, actor, true, file(number, actor, "rounded"), integers);
    if (event instanceof RunEvent.NotSaved failed) {
      unsaved.put(failed.file(), integers);
    }
    return event;
  }

  /** Whether what could not be written is kept, so that it can be written later. */
  public boolean keeps(RunEvent.NotSaved failed) {
    return unsaved.containsKey(failed.file());
  }

  /** Writes what could not be written before, and is kept; blocking. */
  public RunEvent saveAgain(RunEvent.NotSaved before) {
    return write(
        before.number(),
        before.stage(),
        before.rounded(),
        before.file(),
        requireNonNull(unsaved.get(before.file())));
  }

  /** Lets go of what could not be written. */
  public void forget(RunEvent.NotSaved failed) {
    unsaved.remove(failed.file());
  }

  private static String file(long checkpoint, String actor, String kind) {
    String name = actor.substring(0, Math.min(LONGEST, actor.length()));
    return "%08d-%s.%s".formatted(checkpoint, name, kind);
  }

  private RunEvent write(
      long at, String actor, boolean integers, String file, CheckpointFile.Writer content) {
    try {
      CheckpointFile.Summary written = CheckpointFile.write(folder.resolve(file), content);
      unsaved.remove(file);
      return new RunEvent.Saved(at, actor, integers, file, written.bytes(), written.checksum());
    } catch (IOException | RuntimeException e) {
      String message = "%s: %s".formatted(folder.resolve(file), e);
      return new RunEvent.NotSaved(at, actor, integers, file, message);
    }
  }

  /** What is written, unless it is too much to be kept. */
  private static byte @Nullable [] copy(CheckpointFile.Writer content) {
    try (Output buffer = new Output(1 << 12, MOST_KEPT)) {
      content.write(buffer);
      return buffer.toBytes();
    } catch (IOException | RuntimeException e) { // it overflows
      return null;
    }
  }
}
