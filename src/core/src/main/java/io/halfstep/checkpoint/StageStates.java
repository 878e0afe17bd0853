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
 * Where the stages of a run save their state, each in files of its own, and where they find it when
 * the run resumes. What could not be written is kept here, to be written later.
 */
public final class StageStates {
  /** Of file names' length; a stage's label begins with its number, so this keeps them apart. */
  private static final int LONGEST = 80;

  /** Of a state's bytes that are kept in memory when they can't be written. */
  private static final int MOST_KEPT = 1 << 20;

  private final CheckpointStore store;
  private final long number;
  private final Map<StageId, String> states;
  private final Map<StageId, String> rounded;

  /** By file. */
  private final Map<String, CheckpointStore.Writer> unsaved = new ConcurrentHashMap<>();

  /**
   * For a run.
   *
   * @param store of the checkpoints
   * @param number of the first checkpoint that this run may make
   * @param states the files of the stages' states to go on from
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

  /** Where a stage's state is to go on from; null if there is none. */
  public @Nullable String state(StageId stage) {
    return states.get(stage);
  }

  /** Where a layer's integers are; null if there are none. */
  public @Nullable String rounded(StageId stage) {
    return rounded.get(stage);
  }

  /** Gives a stage what is there; blocking. */
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
      byte[] copy = copy(state); // for it changes as soon as the barrier is through
      if (copy != null) {
        unsaved.put(failed.file(), to -> to.bytes(copy, copy.length));
      }
    }
    return event;
  }

  /**
   * Writes a layer's integers, which belong to all later checkpoints; blocking.
   *
   * @param integers writes the same at any time
   */
  public RunEvent saveRounded(StageId stage, CheckpointStore.Writer integers) {
    RunEvent event = write(number, stage, true, file(number, stage, "rounded"), integers);
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

  private static String file(long checkpoint, StageId stage, String kind) {
    String label = stage.label();
    String name = label.substring(0, Math.min(LONGEST, label.length()));
    return "%08d-%s.%s".formatted(checkpoint, name, kind);
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

  /** What is written, unless it is too much to be kept. */
  private static byte @Nullable [] copy(CheckpointStore.Writer content) {
    try (WireWriter copy = WireWriter.inMemory(MOST_KEPT)) {
      content.write(copy);
      return copy.bytes();
    } catch (IOException | RuntimeException e) { // it is too much
      return null;
    }
  }
}
