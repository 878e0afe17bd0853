package io.halfstep.calibration;

import akka.actor.typed.ActorRef;
import io.halfstep.checkpoint.CheckpointHistory;
import io.halfstep.checkpoint.CheckpointInfo;
import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.checkpoint.Manifest;
import io.halfstep.checkpoint.StageStates;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.StageId;
import io.halfstep.quantizer.Candidate;
import io.halfstep.stage.IngressActor;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the checkpoints of one run: sends barriers through the graph, collects the names of the
 * files that stages have saved, and writes the manifest when it is complete.
 *
 * <p>Every pass begins with a barrier, and more follow at intervals, except in {@link Pass#ROUND}:
 * there the layers save their integers one after another, and each makes a new checkpoint from the
 * pass's first one; the same holds at the end of {@link Pass#LEARN} for its last one, and for
 * blocks that learn. Files that could not be written are written at the next interval. Must be
 * called from the run's actor.
 */
final class Checkpoints {
  private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

  /** The run's actor, in which later actions run. */
  interface Mailbox {
    void after(Duration time, Runnable action);

    <T> void afterwards(
        CompletableFuture<T> work, BiConsumer<@Nullable T, @Nullable Throwable> action);
  }

  /** A barrier that has not passed all stages. */
  private static final class Barrier {
    final long number;
    final long startNanos = System.nanoTime();
    final SortedMap<StageId, RunEvent.Saved> states = new TreeMap<>();
    RunEvent.@Nullable CheckpointBegun begun;

    Barrier(long number) {
      this.number = number;
    }
  }

  /** The common part of the current checkpoints: the stages' states at one point of a pass. */
  private record Base(
      Pass pass, long batches, long samples, SortedMap<StageId, RunEvent.Saved> states) {}

  private final Checkpointing settings;
  private final CheckpointHistory history;
  private final RunResults results;
  private final Mailbox mailbox;
  private final CheckpointDisk disk;
  private final StageStates files;
  private final SortedMap<StageId, RunEvent.Saved> rounded = new TreeMap<>();

  /** Files to write again: integers, and states that no other barrier can bring. */
  private final SortedMap<String, RunEvent.NotSaved> unsaved = new TreeMap<>();

  private CompletableFuture<CheckpointInfo> commit = new CompletableFuture<>();
  private Pass pass = Pass.OBSERVE;
  private @Nullable ActorRef<StageActor.Command> ingress;
  private int stages;
  private long next;
  private @Nullable Barrier barrier;
  private @Nullable Base latest;
  private boolean unwritten;
  private boolean writing;
  private boolean scheduled;
  private boolean told;
  private int rewriting;

  Checkpoints(
      Checkpointing settings,
      CheckpointHistory.Start start,
      StageStates files,
      RunResults results,
      Mailbox mailbox,
      Executor io) {
    this.settings = settings;
    this.history = start.history();
    this.files = files;
    this.results = results;
    this.mailbox = mailbox;
    this.disk = new CheckpointDisk(io, mailbox);
    this.next = start.next();
    Manifest manifest = start.manifest();
    if (manifest != null) {
      latest = new Base(manifest.pass(), manifest.batches(), manifest.samples(), manifest.states());
      rounded.putAll(manifest.rounded());
    }
  }

  /**
   * A pass begins.
   *
   * @param entry the actor where its batches enter
   * @param actors how many actors they pass, with this one
   */
  void begin(Pass newPass, ActorRef<StageActor.Command> entry, int actors) {
    pass = newPass;
    ingress = entry;
    stages = actors;
    drop();
    if (latest != null && latest.pass == pass) {
      schedule(); // resumed in this pass
    } else {
      become(null);
      unwritten = false;
      request();
    }
  }

  private void request() {
    barrier = new Barrier(next++);
    IngressActor.checkpoint(Objects.requireNonNull(ingress), barrier.number);
  }

  private void schedule() {
    if (!scheduled) {
      scheduled = true;
      mailbox.after(settings.every(), this::due);
    }
  }

  private void due() {
    scheduled = false;
    told = false;
    if (!unsaved.isEmpty()) {
      saveAgain();
    } else if (unwritten) {
      write(System.nanoTime());
    } else if (barrier == null && !writing && !pass.keepsBatches()) {
      request();
    }
  }

  private void saveAgain() {
    if (rewriting > 0) {
      return; // the rewrite under way schedules the next
    }
    for (RunEvent.NotSaved each : List.copyOf(unsaved.values())) {
      rewriting++;
      var unused =
          disk.access(
              () -> files.saveAgain(each),
              (event, failure) -> {
                rewriting--;
                add(Objects.requireNonNull(event));
                schedule();
              });
    }
  }

  void add(RunEvent event) {
    if (event instanceof RunEvent.CheckpointBegun begun) {
      if (barrier != null && barrier.number == begun.number()) {
        barrier.begun = begun;
      }
    } else if (event instanceof RunEvent.Saved saved) {
      unsaved.remove(saved.file());
      if (saved.rounded()) {
        rounded.put(saved.stage(), saved);
        unwritten = latest != null;
        write(System.nanoTime());
      } else {
        add(saved);
      }
    } else if (event instanceof RunEvent.NotSaved failed) {
      add(failed);
      fail(failed.message());
    }
  }

  private void add(RunEvent.Saved state) {
    if (barrier == null || barrier.number != state.number()) {
      discard(List.of(state));
      return;
    }
    barrier.states.put(state.stage(), state);
    RunEvent.CheckpointBegun begun = barrier.begun;
    if (barrier.states.size() == stages && begun != null) {
      become(new Base(begun.pass(), begun.batches(), begun.samples(), barrier.states));
      unwritten = true;
      long start = barrier.startNanos;
      barrier = null;
      write(start);
    }
  }

  private void add(RunEvent.NotSaved failed) {
    boolean current = barrier != null && barrier.number == failed.number();
    if (failed.rounded() || (current && pass.keepsBatches() && files.keeps(failed))) {
      unsaved.put(failed.file(), failed);
    } else {
      forget(failed);
      if (current) {
        drop();
      }
    }
  }

  /** Runs after the files being written again. */
  private void forget(RunEvent.NotSaved failed) {
    var unused =
        disk.access(
            () -> {
              files.forget(failed);
              return failed;
            },
            (done, failure) -> {});
  }

  /** Later checkpoints are based on this one; files that no manifest names are deleted. */
  private void become(@Nullable Base next) {
    if (latest != null) {
      discard(latest.states.values());
    }
    latest = next;
  }

  private void write(long startNanos) {
    if (writing || latest == null || (latest.pass.compares() && !unsaved.isEmpty())) {
      return; // the unwritten files come first
    }
    writing = true;
    unwritten = false;
    boolean told = results.areFinal(latest.pass); // otherwise the stages report ranges again
    Manifest manifest =
        new Manifest(
            next++,
            settings.fingerprint(),
            latest.pass,
            latest.batches,
            latest.samples,
            results.samples(),
            System.currentTimeMillis(),
            (System.nanoTime() - startNanos) / 1e9,
            latest.states,
            new TreeMap<>(rounded),
            results.encodingsOutside(latest.pass),
            results.statisticsOutside(latest.pass),
            told ? othersBefore(latest.pass) : new EnumMap<>(Candidate.class),
            results.padding().positions(),
            results.padding().leftOut());
    commit = disk.access(() -> history.commit(manifest), this::written);
  }

  /** The pass of the checkpoint may have ended by now. */
  private Map<Candidate, SortedMap<String, Double>> othersBefore(Pass of) {
    Map<Candidate, SortedMap<String, Double>> others = new EnumMap<>(results.others());
    others.keySet().removeIf(candidate -> !Pass.comparing(candidate).isBefore(of));
    return others;
  }

  private void written(@Nullable CheckpointInfo checkpoint, @Nullable Throwable failure) {
    writing = false;
    if (checkpoint != null) {
      settings.listener().completed(checkpoint);
      if (unwritten) {
        write(System.nanoTime());
      }
    } else {
      unwritten = latest != null;
      fail(CheckpointDisk.why(failure));
    }
    schedule();
  }

  /** Drops a barrier that will not become a checkpoint. */
  private void drop() {
    if (barrier != null) {
      discard(barrier.states.values());
      barrier = null;
    }
    for (RunEvent.NotSaved each : List.copyOf(unsaved.values())) {
      if (!each.rounded()) {
        unsaved.remove(each.file());
        forget(each);
      }
    }
  }

  private void discard(Collection<RunEvent.Saved> files) {
    List<String> names = files.stream().map(RunEvent.Saved::file).toList();
    var unused =
        disk.access(
            () -> {
              history.discard(names);
              return names;
            },
            (done, failure) -> {
              if (failure != null) {
                LOG.warn("not deleted: {}", CheckpointDisk.why(failure));
              }
            });
  }

  private void fail(String why) {
    if (!told) { // report repeated failures once
      told = true;
      settings.listener().failed(why);
    }
    schedule();
  }

  /**
   * For a stopped actor: completes when nothing is being written and listeners have been notified.
   */
  CompletableFuture<?> quiet() {
    return writing
        ? CompletableFuture.allOf(disk.quiet(), commit.whenComplete(this::tell))
        : disk.quiet();
  }

  private void tell(@Nullable CheckpointInfo checkpoint, @Nullable Throwable failure) {
    if (checkpoint != null) {
      settings.listener().completed(checkpoint);
    } else {
      settings.listener().failed(CheckpointDisk.why(failure));
    }
  }
}
