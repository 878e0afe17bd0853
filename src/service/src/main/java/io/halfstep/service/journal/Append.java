package io.halfstep.service.journal;

import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.RecoveryCompleted;
import akka.persistence.typed.RecoveryFailed;
import akka.persistence.typed.javadsl.CommandHandler;
import akka.persistence.typed.javadsl.Effect;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehavior;
import akka.persistence.typed.javadsl.SignalHandler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Adds events to a persistent actor's earlier ones, and stops. */
final class Append<E, S> extends EventSourcedBehavior<Append.Go, E, S> {
  enum Go {
    INSTANCE
  }

  private final ActorContext<Go> context;
  private final S empty;
  private final BiFunction<S, E, S> apply;
  private final Function<S, List<E>> events;
  private final CompletableFuture<S> done;

  private Append(
      ActorContext<Go> context,
      PersistenceId id,
      S empty,
      BiFunction<S, E, S> apply,
      Function<S, List<E>> events,
      CompletableFuture<S> done) {
    super(id);
    this.context = context;
    this.empty = empty;
    this.apply = apply;
    this.events = events;
    this.done = done;
  }

  /** See {@link OpenJournal#append}. */
  static <E, S> Behavior<Go> create(
      PersistenceId id,
      S empty,
      BiFunction<S, E, S> apply,
      Function<S, List<E>> events,
      CompletableFuture<S> done) {
    return Behaviors.setup(context -> new Append<>(context, id, empty, apply, events, done));
  }

  @Override
  public S emptyState() {
    return empty;
  }

  @Override
  public EventHandler<S, E> eventHandler() {
    return apply::apply;
  }

  @Override
  public SignalHandler<S> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), state -> context.getSelf().tell(Go.INSTANCE))
        .onSignal(
            RecoveryFailed.class,
            (state, failed) -> done.completeExceptionally(failed.getFailure()))
        .onSignal(
            PostStop.instance(),
            state -> done.completeExceptionally(new IllegalStateException("it takes no events")))
        .build();
  }

  @Override
  public CommandHandler<Go, E, S> commandHandler() {
    return newCommandHandlerBuilder().forAnyState().onCommand(Go.class, this::append).build();
  }

  private Effect<E, S> append(S state, Go go) {
    return Effect().persist(events.apply(state)).thenRun(done::complete).thenStop();
  }
}
