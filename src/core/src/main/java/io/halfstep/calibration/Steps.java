package io.halfstep.calibration;

import akka.NotUsed;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import io.halfstep.calibration.CalibrationActor.Cancel;
import io.halfstep.calibration.CalibrationActor.Command;
import io.halfstep.protocol.StageActor;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a run does before it begins, one step after the other: pieces of work, and runs of its own.
 */
final class Steps {
  /** A step has ended. */
  private record Done(@Nullable Throwable failure, Supplier<Behavior<Command>> next)
      implements Command, StageActor.Local {}

  /** Collects the elements of a stream; its methods may block. */
  interface Collector<E, T> extends AutoCloseable {
    void add(E element);

    /** Returns the result of all elements. */
    T finish();

    @Override
    void close();
  }

  private final ActorContext<Command> context;
  private final CompletableFuture<CalibrationResult> outcome;
  private final Executor io;
  private @Nullable ActorRef<Command> running;
  private volatile boolean cancelled;

  /**
   * @param outcome of the run; completed here if a step fails
   */
  Steps(ActorContext<Command> context, CompletableFuture<CalibrationResult> outcome) {
    this.context = context;
    this.outcome = outcome;
    this.io = context.getSystem().dispatchers().lookup(DispatcherSelector.blocking());
  }

  /** Returns the behavior while steps are under way. */
  Behavior<Command> behavior() {
    return Behaviors.receive(Command.class)
        .onMessage(Done.class, this::onDone)
        .onMessageEquals(Cancel.INSTANCE, this::onCancel)
        .build();
  }

  /** Does a piece of work that may block. */
  <T> Behavior<Command> work(Supplier<T> work, Function<T, Behavior<Command>> next) {
    return await(CompletableFuture.supplyAsync(work, io), next);
  }

  /** Runs a request to its end. */
  Behavior<Command> run(
      CalibrationRequest request, Function<CalibrationResult, Behavior<Command>> next) {
    CompletableFuture<CalibrationResult> result = new CompletableFuture<>();
    running = context.spawnAnonymous(CalibrationActor.prepared(request, result));
    return await(result, next);
  }

  /** Does a piece of work that may block for one element after the other, then the last piece. */
  <E, T> Behavior<Command> collect(
      Source<E, NotUsed> elements,
      Supplier<Collector<E, T>> collector,
      Function<T, Behavior<Command>> next) {
    return await(
        CompletableFuture.supplyAsync(collector, io)
            .thenCompose(
                open ->
                    elements
                        .takeWhile(element -> !cancelled)
                        .mapAsync(
                            1, element -> CompletableFuture.runAsync(() -> open.add(element), io))
                        .runWith(Sink.ignore(), context.getSystem())
                        .thenApplyAsync(done -> finish(open), io)
                        .whenComplete((result, failure) -> open.close())),
        next);
  }

  private <T> T finish(Collector<?, T> collector) {
    if (cancelled) {
      throw new CancellationException("cancelled");
    }
    return collector.finish();
  }

  private <T> Behavior<Command> await(
      CompletableFuture<T> result, Function<T, Behavior<Command>> next) {
    context.pipeToSelf(
        result,
        (value, failure) -> new Done(failure, () -> next.apply(Objects.requireNonNull(value))));
    return Behaviors.same();
  }

  private Behavior<Command> onDone(Done done) {
    if (done.failure() == null && !cancelled) {
      try {
        return done.next().get();
      } catch (RuntimeException e) {
        return fail(e);
      }
    }
    return fail(done.failure() == null ? new CancellationException("cancelled") : done.failure());
  }

  private Behavior<Command> fail(Throwable failure) {
    outcome.completeExceptionally(
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure);
    return Behaviors.stopped();
  }

  /** The outcome completes only after the step under way has ended its use of the source. */
  private Behavior<Command> onCancel() {
    cancelled = true;
    if (running != null) {
      running.tell(Cancel.INSTANCE);
    }
    return Behaviors.same();
  }
}
