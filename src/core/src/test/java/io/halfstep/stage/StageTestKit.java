package io.halfstep.stage;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import com.typesafe.config.ConfigFactory;
import io.halfstep.checkpoint.StageStates;
import io.halfstep.flow.Cleanup;
import io.halfstep.flow.MemoryBudget;
import io.halfstep.flow.NodeResources;
import io.halfstep.flow.RunContext;
import io.halfstep.flow.StageSetup;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Item.Batch;
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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Actors of stages with probes around them; every message between them is serialized. */
final class StageTestKit {
  private static final Duration QUIET = Duration.ofMillis(40);

  private final ActorTestKit kit =
      ActorTestKit.create(
          ConfigFactory.parseString("akka.actor.serialize-messages = on")
              .withFallback(ConfigFactory.parseResources("halfstep.conf"))
              .withFallback(ConfigFactory.load()));
  private final ForkJoinPool workers = new ForkJoinPool(2);
  private final ExecutorService io = Executors.newFixedThreadPool(2);
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
                elsewhere == null ? workers : elsewhere, io, memory, spool, new Cleanup(), states));
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
    return kit.spawn(behavior);
  }

  ActorRef<StageActor.Command> spawn(Behavior<StageActor.Command> behavior, String name) {
    return kit.spawn(behavior, name);
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
      RunEvent event = events.receiveMessage(Duration.ofSeconds(10));
      if (type.isInstance(event)) {
        return type.cast(event);
      }
    }
  }

  /** All events until none has come for a moment. */
  List<RunEvent> eventsSoFar() {
    List<RunEvent> all = new ArrayList<>();
    try {
      while (true) {
        all.add(events.receiveMessage(QUIET));
      }
    } catch (AssertionError none) {
      return all;
    }
  }

  /** Closes what the actors left that have stopped. */
  void cleanUp() throws Exception {
    run.node().cleanup().run(workers, io).get(10, TimeUnit.SECONDS);
  }

  /** Stops all actors. */
  void close() throws Exception {
    kit.shutdownTestKit();
    cleanUp();
    io.shutdown();
    workers.shutdown();
  }

  /** A probe in the place of the stage before. */
  static final class Producer {
    private final TestProbe<StageActor.Command> probe;

    private Producer(TestProbe<StageActor.Command> probe) {
      this.probe = probe;
    }

    void connect(ActorRef<StageActor.Command> stage, int inlet) {
      stage.tell(new StageActor.Connect(inlet, probe.ref(), 0));
    }

    /** The credit that comes next, in bytes. */
    long credit() {
      return probe.expectMessageClass(StageActor.Credit.class, Duration.ofSeconds(10)).bytes();
    }

    void expectNoCredit() {
      probe.expectNoMessage(QUIET);
    }
  }

  /** A probe in the place of the stage behind. */
  static final class Consumer {
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
        connect = probe.expectMessageClass(StageActor.Connect.class);
      }
      connect.producer().tell(new StageActor.Credit(connect.outlet(), bytes));
    }

    Item next() {
      return probe.expectMessageClass(StageActor.Offer.class, Duration.ofSeconds(10)).item();
    }

    Batch nextBatch() {
      return (Batch) next();
    }

    void expectNothing() {
      probe.expectNoMessage(QUIET);
    }
  }
}
