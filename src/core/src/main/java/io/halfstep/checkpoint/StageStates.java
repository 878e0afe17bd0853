package io.halfstep.checkpoint;

import static java.util.Objects.requireNonNull;

import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageId;
import io.halfstep.wire.WireWriter;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Saves the states of a run's stages, each in its own files, and restores them when the run
 * resumes. Data that could not be written are kept in memory to be written later.
 */
public final class StageStates {
  /**
   * The limit of the length of file names; they stay unique, since a stage's label begins with its
   * number.
   */
  private static final int LONGEST = 80;

  /** The limit of the bytes of a state that are kept in memory if they can't be written. */
  private static final int MOST_KEPT = 1 << 20;

  private final CheckpointStore store;
  private final long number;
  private final Map<StageId, String> states;
  private final Map<StageId, String> rounded;

  /** Unwritten data by file name. */
  private final Map<String, CheckpointStore.Writer> unsaved = new ConcurrentHashMap<>();

  /**
   * Creates the states of a run.
   *
   * @param store of the checkpoints
   * @param number of the first checkpoint that this run may make
   * @param states the files of the stages' states to resume from
   * @param rounded the files of layers' integers
   */
  public StageStates(
      CheckpointStore store,
      long number,
      Map<StageId, String> states,
      Map<StageId, String> rounded) {
    this.store = store;
    this.number = number;
    this.states = states;
    this.rounded = rounded;
  }

  /** Returns the file with a stage's state to resume from; null if there is none. */
  public @Nullable String state(StageId stage) {
    return states.get(stage);
  }

  /** Returns the file with a layer's integers; null if there are none. */
  public @Nullable String rounded(StageId stage) {
    return rounded.get(stage);
  }

  /** Restores a stage's state, if it exists; blocking. */
  public StageState restore(String file, StageState state) throws IOException {
    return store.read(
        file,
        from -> {
          state.restore(from);
          return state;
        });
  }

  /** Writes a stage's state for a checkpoint; blocking. */
  public RunEvent save(long checkpoint, StageId stage, CheckpointStore.Writer state) {
    RunEvent event = write(checkpoint, stage, false, file(checkpoint, stage, "state"), state);
    if (event instanceof RunEvent.NotSaved failed) {
      byte[] copy = copy(state); // since the state changes after the barrier
      if (copy != null) {
        unsaved.put(failed.file(), to -> to.bytes(copy, copy.length));
      }
    }
    return event;
  }

  /**
   * Writes a layer's integers, which belong to all later checkpoints; blocking.
   *
   * @param integers writes the same bytes at any time
   */
  public RunEvent saveRounded(StageId stage, CheckpointStore.Writer integers) {
    RunEvent event = write(number, stage, true, file(number, stage, "rounded"), integers);
    if (event instanceof RunEvent.NotSaved failed) {
      unsaved.put(failed.file(), integers);
    }
    return event;
  }

  /** Returns whether unwritten data are kept, so that they can be written later. */
  public boolean keeps(RunEvent.NotSaved failed) {
    return unsaved.containsKey(failed.file());
  }

  /** Writes the unwritten data that are kept; blocking. */
  public RunEvent saveAgain(RunEvent.NotSaved before) {
    return write(
        before.number(),
        before.stage(),
        before.rounded(),
        before.file(),
        requireNonNull(unsaved.get(before.file())));
  }

  /** Drops unwritten data. */
  public void forget(RunEvent.NotSaved failed) {
    unsaved.remove(failed.file());
  }

  private static String file(long checkpoint, StageId stage, String kind) {
    return "%08d-%s.%s".formatted(checkpoint, nameOf(stage), kind);
  }

  /** Returns a stage's label, shortened for the name of a file. */
  static String nameOf(StageId stage) {
    String label = stage.label();
    return label.substring(0, Math.min(LONGEST, label.length()));
  }

  private RunEvent write(
      long at, StageId stage, boolean integers, String file, CheckpointStore.Writer content) {
    try {
      CheckpointStore.Summary written = store.write(file, content);
      unsaved.remove(file);
      return new RunEvent.Saved(at, stage, integers, file, written.bytes(), written.checksum());
    } catch (IOException | RuntimeException e) {
      String message = "%s: %s".formatted(store.locate(file), e);
      return new RunEvent.NotSaved(at, stage, integers, file, message);
    }
  }

  /** Buffers the written data, unless they are too large to be kept. */
  private static byte @Nullable [] copy(CheckpointStore.Writer content) {
    try (WireWriter copy = WireWriter.inMemory(MOST_KEPT)) {
      content.write(copy);
      return copy.bytes();
    } catch (IOException | RuntimeException e) { // larger than the limit
      return null;
    }
  }
}
