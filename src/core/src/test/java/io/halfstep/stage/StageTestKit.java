package io.halfstep.stage;

import static org.assertj.core.api.Assertions.assertThat;

import akka.Done;
import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.BehaviorInterceptor;
import akka.actor.typed.TypedActorContext;
import akka.actor.typed.javadsl.Behaviors;
import com.typesafe.config.ConfigFactory;
import io.halfstep.checkpoint.StageStates;
import io.halfstep.flow.Cleanup;
import io.halfstep.flow.MemoryBudget;
import io.halfstep.flow.NodeResources;
import io.halfstep.flow.RunContext;
import io.halfstep.flow.StageSetup;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.RunSettings;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.StageId;
import io.halfstep.protocol.Target;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Actors of stages with probes around them; every message between them is serialized. */
final class StageTestKit {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Tells a probe's messages so far from later ones. */
  private static final RunEvent END_OF_EVENTS = new RunEvent.PassCompleted(Pass.FINISH, -1, 0, 0);

  private enum End implements StageActor.Command, StageActor.Local {
    INSTANCE
  }

  /** Answered by a stage when it has handled all messages before it. */
  private record Fence(ActorRef<Done> replyTo) implements StageActor.Command, StageActor.Local {}

  private final ActorTestKit kit =
      ActorTestKit.create(
          ConfigFactory.parseString("akka.actor.serialize-messages = on")
              .withFallback(ConfigFactory.parseResources("halfstep.conf"))
              .withFallback(ConfigFactory.load()));
  private final ForkJoinPool workers = new ForkJoinPool(2);
  private final ForkJoinPool io = new ForkJoinPool(2);
  private final List<ActorRef<StageActor.Command>> stages = new ArrayList<>();
  private final AtomicLong handled = new AtomicLong();
  private final TestProbe<RunEvent> events = kit.createTestProbe(RunEvent.class);
  private final MemoryBudget memory;
  private final RunContext run;

  /**
   * A kit.
   *
   * @param edgeCredit what a stage grants to its producers
   * @param memoryBytes the budget of kept batches
   */
  StageTestKit(long edgeCredit, long memoryBytes, Path spool) {
    this(edgeCredit, memoryBytes, spool, null, null);
  }

  /** A kit whose stages save their state. */
  StageTestKit(long edgeCredit, long memoryBytes, Path spool, StageStates states) {
    this(edgeCredit, memoryBytes, spool, null, states);
  }

  /** A kit whose stages compute elsewhere. */
  StageTestKit(long edgeCredit, long memoryBytes, Path spool, Executor elsewhere) {
    this(edgeCredit, memoryBytes, spool, elsewhere, null);
  }

  private StageTestKit(
      long edgeCredit,
      long memoryBytes,
      Path spool,
      @Nullable Executor elsewhere,
      @Nullable StageStates states) {
    memory = new MemoryBudget(memoryBytes);
    run =
        new RunContext(
            events.ref(),
            new RunSettings(edgeCredit, 1 << 20),
            new NodeResources(
                elsewhere == null ? workers : elsewhere,
                io,
                memory,
                spool,
                new Cleanup(),
                states,
                null));
  }

  /** A stage with one inlet. */
  StageSetup setup(String name, Target... targets) {
    return new StageSetup(new StageId(1, name), run, List.of(false), List.of(targets));
  }

  MemoryBudget memory() {
    return memory;
  }

  ActorTestKit actors() {
    return kit;
  }

  ActorRef<StageActor.Command> spawn(Behavior<StageActor.Command> behavior) {
    return added(kit.spawn(fenced(behavior)));
  }

  ActorRef<StageActor.Command> spawn(Behavior<StageActor.Command> behavior, String name) {
    return added(kit.spawn(fenced(behavior), name));
  }

  private ActorRef<StageActor.Command> added(ActorRef<StageActor.Command> stage) {
    stages.add(stage);
    return stage;
  }

  /** Stops a stage and waits until it has stopped. */
  void stop(ActorRef<StageActor.Command> stage) {
    stages.remove(stage);
    kit.stop(stage);
  }

  private Behavior<StageActor.Command> fenced(Behavior<StageActor.Command> behavior) {
    return Behaviors.intercept(
        () ->
            new BehaviorInterceptor<StageActor.Command, StageActor.Command>(
                StageActor.Command.class) {
              @Override
              public Behavior<StageActor.Command> aroundReceive(
                  TypedActorContext<StageActor.Command> context,
                  StageActor.Command message,
                  ReceiveTarget<StageActor.Command> target) {
                if (message instanceof Fence fence) {
                  fence.replyTo().tell(Done.getInstance());
                  return Behaviors.same();
                }
                handled.incrementAndGet();
                return target.apply(context, message);
              }
            },
        behavior);
  }

  /** Waits until no stage has a message to handle or work under way. */
  private void settle() {
    TestProbe<Done> answers = kit.createTestProbe(Done.class);
    long before;
    do {
      before = handled.get();
      assertThat(workers.awaitQuiescence(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(io.awaitQuiescence(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      stages.forEach(stage -> stage.tell(new Fence(answers.ref())));
      stages.forEach(stage -> answers.receiveMessage(PATIENCE));
    } while (handled.get() != before);
  }

  /** Everything that has been sent to a probe once the stages have settled. */
  private <T> List<T> soFar(TestProbe<T> probe, T end) {
    settle();
    probe.ref().tell(end);
    List<T> all = new ArrayList<>();
    for (T next = probe.receiveMessage(PATIENCE);
        !next.equals(end);
        next = probe.receiveMessage(PATIENCE)) {
      all.add(next);
    }
    return all;
  }

  Producer producer() {
    return new Producer(kit.createTestProbe(StageActor.Command.class));
  }

  Consumer consumer() {
    return new Consumer(kit.createTestProbe(StageActor.Command.class));
  }

  /** The next event of a type; those of other types before it are skipped. */
  <E extends RunEvent> E event(Class<E> type) {
    while (true) {
      RunEvent event = events.receiveMessage(PATIENCE);
      if (type.isInstance(event)) {
        return type.cast(event);
      }
    }
  }

  /** All events up to the moment when the stages have nothing left to do. */
  List<RunEvent> eventsSoFar() {
    return soFar(events, END_OF_EVENTS);
  }

  /** Closes what the actors left that have stopped. */
  void cleanUp() throws Exception {
    run.node().cleanup().run(workers, io).get(60, TimeUnit.SECONDS);
  }

  /** Stops all actors. */
  void close() throws Exception {
    kit.shutdownTestKit();
    cleanUp();
    io.shutdown();
    workers.shutdown();
  }

  /** A probe in the place of the stage before. */
  final class Producer {
    private final TestProbe<StageActor.Command> probe;

    private Producer(TestProbe<StageActor.Command> probe) {
      this.probe = probe;
    }

    void connect(ActorRef<StageActor.Command> stage, int inlet) {
      stage.tell(new StageActor.Connect(inlet, probe.ref(), 0));
    }

    /** The credit that comes next, in bytes. */
    long credit() {
      return probe.expectMessageClass(StageActor.Credit.class, PATIENCE).bytes();
    }

    void expectNoCredit() {
      assertThat(soFar(probe, End.INSTANCE)).isEmpty();
    }
  }

  /** A probe in the place of the stage behind. */
  final class Consumer {
    private final TestProbe<StageActor.Command> probe;
    private StageActor.Connect connect;

    private Consumer(TestProbe<StageActor.Command> probe) {
      this.probe = probe;
    }

    Target target(String... tensors) {
      return new Target(probe.ref(), 0, List.of(tensors));
    }

    /** Answers the producer's {@link StageActor.Connect}, or adds to its credit. */
    void grant(long bytes) {
      if (connect == null) {
        connect = probe.expectMessageClass(StageActor.Connect.class, PATIENCE);
      }
      connect.producer().tell(new StageActor.Credit(connect.outlet(), bytes));
    }

    Item next() {
      return probe.expectMessageClass(StageActor.Offer.class, PATIENCE).item();
    }

    Batch nextBatch() {
      return (Batch) next();
    }

    void expectNothing() {
      assertThat(soFar(probe, End.INSTANCE)).isEmpty();
    }
  }
}
