package io.halfstep.calibration;

import akka.actor.typed.ActorRef;
import io.halfstep.layer.IngressActor;
import io.halfstep.layer.Manifest;
import io.halfstep.layer.Pass;
import io.halfstep.layer.RunEvent;
import io.halfstep.layer.StageActor;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the checkpoints of one run: sends barriers through the graph, gathers what the stages have
 * saved, and writes the manifest when it is all there.
 *
 * <p>Every pass begins with a barrier, and more follow at intervals, but in {@link Pass#ROUND}:
 * there the layers, one after another, save their integers, and each makes the pass's first
 * checkpoint a new one; the same at the end of {@link Pass#LEARN} with its last one. To be called
 * from the run's actor.
 */
final class Checkpoints {
  private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

  /** The run's actor: what is done later is done there. */
  interface Actor {
    void after(Duration time, Runnable action);

    <T> void afterwards(
        CompletableFuture<T> work, BiConsumer<@Nullable T, @Nullable Throwable> action);
  }

  /** A barrier that has not come through everywhere. */
  private static final class Barrier {
    final long number;
    final long startNanos = System.nanoTime();
    final SortedMap<String, RunEvent.Saved> states = new TreeMap<>();
    RunEvent.@Nullable CheckpointBegun begun;

    Barrier(long number) {
      this.number = number;
    }
  }

  /** What the checkpoints of now share: the stages' states behind so much of a pass. */
  private record Base(
      Pass pass, long batches, long samples, SortedMap<String, RunEvent.Saved> states) {}

  private final Checkpointing settings;
  private final CheckpointFolder folder;
  private final Findings findings;
  private final ActorRef<StageActor.Command> ingress;
  private final int stages;
  private final Actor actor;
  private final Executor io;
  private final SortedMap<String, RunEvent.Saved> rounded = new TreeMap<>();
  private CompletableFuture<?> disk = CompletableFuture.completedFuture(null);
  private Pass pass = Pass.OBSERVE;
  private long next;
  private @Nullable Barrier barrier;
  private @Nullable Base latest;
  private boolean unwritten;
  private boolean writing;
  private boolean scheduled;

  Checkpoints(
      Checkpointing settings,
      CheckpointFolder.Start start,
      Findings findings,
      ActorGraph actors,
      Actor actor,
      Executor io) {
    this.settings = settings;
    this.folder = start.folder();
    this.findings = findings;
    this.ingress = actors.ingress();
    this.stages = actors.size();
    this.actor = actor;
    this.io = io;
    this.next = start.next();
    Manifest manifest = start.manifest();
    if (manifest != null) {
      latest = new Base(manifest.pass(), manifest.batches(), manifest.samples(), manifest.states());
      rounded.putAll(manifest.rounded());
    }
  }

  /** A pass begins. */
  void begin(Pass newPass) {
    pass = newPass;
    drop();
    if (latest != null && latest.pass == pass) {
      schedule(); // it resumes
    } else {
      latest = null;
      unwritten = false;
      request();
    }
  }

  private void request() {
    barrier = new Barrier(next++);
    IngressActor.checkpoint(ingress, barrier.number);
  }

  private void schedule() {
    if (!scheduled) {
      scheduled = true;
      actor.after(settings.every(), this::due);
    }
  }

  private void due() {
    scheduled = false;
    if (unwritten) {
      write(System.nanoTime());
    } else if (barrier == null && !writing && pass != Pass.ROUND) {
      request();
    }
  }

  void add(RunEvent event) {
    if (event instanceof RunEvent.CheckpointBegun begun) {
      if (barrier != null && barrier.number == begun.number()) {
        barrier.begun = begun;
      }
    } else if (event instanceof RunEvent.Saved saved && saved.rounded()) {
      rounded.put(saved.stage(), saved);
      if (latest != null) {
        unwritten = true;
        write(System.nanoTime());
      }
    } else if (event instanceof RunEvent.Saved saved) {
      add(saved);
    } else if (event instanceof RunEvent.NotSaved failed) {
      if (barrier != null && (failed.rounded() || failed.number() == barrier.number)) {
        drop();
      }
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
      latest = new Base(begun.pass(), begun.batches(), begun.samples(), barrier.states);
      unwritten = true;
      long start = barrier.startNanos;
      barrier = null;
      write(start);
    }
  }

  private void write(long startNanos) {
    if (writing || latest == null) {
      return; // what is unwritten then follows
    }
    writing = true;
    unwritten = false;
    boolean told = latest.pass == Pass.FINISH; // before, the stages tell it anew
    Manifest manifest =
        new Manifest(
            next++,
            settings.fingerprint(),
            latest.pass,
            latest.batches,
            latest.samples,
            findings.samples(),
            System.currentTimeMillis(),
            (System.nanoTime() - startNanos) / 1e9,
            latest.states,
            new TreeMap<>(rounded),
            told ? findings.encodings() : new TreeMap<>(),
            told ? findings.statistics() : new TreeMap<>());
    onDisk(() -> folder.commit(manifest), this::written);
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
      fail(String.valueOf(cause(failure)));
    }
    schedule();
  }

  /** Forgets a barrier that is not to become a checkpoint. */
  private void drop() {
    if (barrier != null) {
      discard(barrier.states.values());
      barrier = null;
    }
  }

  private void discard(Collection<RunEvent.Saved> files) {
    List<String> names = files.stream().map(RunEvent.Saved::file).toList();
    onDisk(
        () -> {
          folder.discard(names);
          return names;
        },
        (done, failure) -> {
          if (failure != null) {
            LOG.warn("not deleted: {}", String.valueOf(cause(failure)));
          }
        });
  }

  private void fail(String why) {
    LOG.warn("a checkpoint could not be made: {}", why);
    settings.listener().failed(why);
    schedule();
  }

  private <T> void onDisk(Callable<T> access, BiConsumer<@Nullable T, @Nullable Throwable> then) {
    CompletableFuture<T> done =
        disk.handleAsync(
            (before, failure) -> {
              try {
                return access.call();
              } catch (Exception e) {
                throw new CompletionException(e);
              }
            },
            io);
    disk = done;
    actor.afterwards(done, then);
  }

  private static @Nullable Throwable cause(@Nullable Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** Complete when nothing is being written or deleted. */
  CompletableFuture<?> quiet() {
    return disk;
  }
}
