package io.halfstep.flow;

import akka.actor.typed.javadsl.ActorContext;
import io.halfstep.checkpoint.StageState;
import io.halfstep.checkpoint.StageStates;
import io.halfstep.failure.Fault;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.StageId;
import io.halfstep.rounding.RoundingControl;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The input, work and output of one stage; work runs outside the mailbox, one task at a time. An
 * actor polls when {@link #isFree} or {@link #isDrained}, and polls again after each message, until
 * there is nothing left to do.
 */
public final class Flow {
  private static final Logger LOG = LoggerFactory.getLogger(Flow.class);

  private static final CompletableFuture<?> NOTHING = CompletableFuture.completedFuture(null);

  /** The action in the actor after a task has ended. */
  public record Resume(Runnable action) implements StageActor.Command, StageActor.Local {}

  private final ActorContext<StageActor.Command> context;
  private final RunContext run;
  private final StageId stage;
  private final Inlets inlets;
  private final Outlets outlets;
  private CompletableFuture<?> current = NOTHING;
  private boolean busy;
  private boolean failed;
  private volatile boolean cancelled;
  private long batchId = -1;
  private RunEvent.@Nullable Queued told;

  /** Creates the flow of a stage. */
  public Flow(ActorContext<StageActor.Command> context, StageSetup setup) {
    this.context = context;
    this.run = setup.run();
    this.stage = setup.id();
    this.inlets = new Inlets(run, setup.waits(), this::await);
    this.outlets = new Outlets(setup.targets());
    outlets.connect(context.getSelf());
  }

  public void connect(StageActor.Connect connect) {
    inlets.connect(connect);
  }

  public void offer(StageActor.Offer offer) {
    inlets.offer(offer);
    tellQueue();
  }

  public void credit(StageActor.Credit credit) {
    outlets.credit(credit);
    tellQueue();
  }

  /** Returns whether no task is running. */
  public boolean isFree() {
    return !busy && !failed;
  }

  /** Returns whether no task is running and all emitted items are sent. */
  public boolean isDrained() {
    return isFree() && outlets.isIdle();
  }

  /** Returns the next item, or null if there is none yet. */
  public @Nullable Item poll() {
    Item item = inlets.poll();
    if (item instanceof Item.Batch batch) {
      batchId = batch.id();
    }
    return item;
  }

  /** Returns the credit of the batch polled last. */
  public void release() {
    inlets.release();
    tellQueue();
  }

  public void emit(Item item) {
    outlets.emit(item);
    tellQueue();
  }

  private void tellQueue() {
    RunEvent.Queued now =
        new RunEvent.Queued(
            stage, inlets.waitingBytes() + outlets.waitingBytes(), outlets.leastCredit());
    if (!now.equals(told)) {
      told = now;
      run.events().tell(now);
    }
  }

  /** Runs a task outside the mailbox; the stage is busy until {@code then} has run in the actor. */
  public void run(Runnable work, Runnable then) {
    hold(CompletableFuture.runAsync(work, run.node().workers()), done -> then.run());
  }

  /** Runs a task with a result. */
  public <T> void work(Supplier<T> work, Consumer<T> then) {
    workAfter(NOTHING, work, then);
  }

  /** Runs a task with a result, once {@code before} is complete. */
  public <T> void workAfter(CompletableFuture<?> before, Supplier<T> work, Consumer<T> then) {
    hold(before.thenApplyAsync(ready -> work.get(), run.node().workers()), then);
  }

  /**
   * Waits: the stage is busy until {@code then} has run in the actor, with the result of {@code
   * outcome}.
   */
  public <T> void hold(CompletableFuture<T> outcome, Consumer<T> then) {
    busy = true;
    current = outcome;
    await(
        outcome,
        result -> {
          busy = false;
          current = NOTHING; // releases the result
          then.accept(result);
        });
  }

  /**
   * Restores the stage's state if the run resumes, before the first item is polled. The stage is
   * busy until {@code then} has run in the actor.
   */
  public void restore(StageState state, Runnable then) {
    read(StageStates::state, state, then);
  }

  /** Returns whether the run resumes with a state of this stage. */
  public boolean hasState() {
    StageStates states = run.node().states();
    return states != null && states.state(stage) != null;
  }

  /** Restores a layer's integers; {@code then} runs only if there are some. */
  public void restoreRounded(StageState state, Runnable then) {
    read(StageStates::rounded, state, then);
  }

  private void read(
      BiFunction<StageStates, StageId, @Nullable String> of, StageState state, Runnable then) {
    StageStates states = run.node().states();
    String file = states == null ? null : of.apply(states, stage);
    if (states != null && file != null) {
      hold(
          CompletableFuture.supplyAsync(() -> restored(states, file, state), run.node().io()),
          done -> then.run());
    }
  }

  private static StageState restored(StageStates states, String file, StageState state) {
    try {
      return states.restore(file, state);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /** Saves the stage's state, then forwards the barrier. */
  public void save(Item.Checkpoint barrier, StageState state) {
    StageStates states = run.node().states();
    if (states == null) {
      fail(
          new IllegalStateException(
              "checkpoint %d in a run without checkpoints".formatted(barrier.number())));
    } else {
      write(
          () -> states.save(barrier.number(), stage, state::save),
          event -> {
            run.events().tell(event);
            emit(barrier);
          });
    }
  }

  /** Saves a layer's integers, if the run is checkpointed. */
  public void saveRounded(StageState rounded) {
    StageStates states = run.node().states();
    if (states != null) {
      write(() -> states.saveRounded(stage, rounded::save), run.events()::tell);
    }
  }

  private void write(Supplier<RunEvent> write, Consumer<RunEvent> then) {
    hold(CompletableFuture.supplyAsync(write, run.node().io()), then);
  }

  private <T> void await(CompletableFuture<T> outcome, Consumer<T> then) {
    context.pipeToSelf(
        outcome,
        (result, failure) ->
            new Resume(failure == null ? () -> accept(result, then) : () -> fail(failure)));
  }

  private <T> void accept(T result, Consumer<T> then) {
    if (!cancelled) {
      then.accept(result);
    }
  }

  public void fail(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (!failed && !cancelled) {
      LOG.debug("stage {} failed at batch {}", stage, batchId, cause);
      run.events().tell(new RunEvent.Failed(stage, batchId, describe(cause), Fault.of(cause)));
    }
    failed = true;
  }

  /** The run has ended: running tasks end soon, no other starts, and nothing is reported. */
  public void cancel() {
    cancelled = true;
    failed = true;
  }

  /** Returns a solver's control, for cancellation and progress. */
  public RoundingControl control(DoubleConsumer progress) {
    return new RoundingControl() {
      @Override
      public boolean cancelled() {
        return cancelled;
      }

      @Override
      public void progress(double share) {
        progress.accept(share);
      }
    };
  }

  private static String describe(Throwable cause) {
    String message = cause.getMessage();
    if (cause instanceof OutOfMemoryError) {
      return "out of memory (" + message + ")";
    }
    return message == null ? cause.toString() : message;
  }

  /** Passes files and, through {@code resources}, native memory to the run's cleanup. */
  public void close(List<? extends AutoCloseable> resources) {
    cancel();
    List<AutoCloseable> all = new ArrayList<>(resources);
    all.add(inlets);
    run.node().cleanup().add(CompletableFuture.allOf(current, inlets.quiet()), all);
  }
}
