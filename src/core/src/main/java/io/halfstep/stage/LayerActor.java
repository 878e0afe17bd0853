package io.halfstep.stage;

import static java.util.Objects.requireNonNull;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.Behaviors;
import io.halfstep.checkpoint.StatisticsHistory;
import io.halfstep.distribution.LayerInput;
import io.halfstep.flow.Flow;
import io.halfstep.flow.KeptBatches;
import io.halfstep.flow.RunContext;
import io.halfstep.flow.StageSetup;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.plan.LayerPlan;
import io.halfstep.protocol.Item;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Item.Checkpoint;
import io.halfstep.protocol.Item.PassEnd;
import io.halfstep.protocol.Item.PassStart;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.RunEvent.Activity;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.StageId;
import io.halfstep.quantizer.Encoding;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One layer: owns its quantizers, its statistics and its rounding.
 *
 * <pre>
 *   relaying ──ROUND begins──► collecting ──ROUND ends──► optimizing ──integers──► forwarding ──all sent──► relaying
 *   observe, learn, finish     moments, batches kept      ranges, solver           kept batches, rounded
 * </pre>
 *
 * <p>If a run resumes after the layer was rounded, it relays in ROUND, too.
 */
public final class LayerActor {
  private final ActorRef<StageActor.Command> self;
  private final Flow flow;
  private final RunContext run;
  private final StageId id;
  private final LayerState state;
  private final KeptBatches kept;
  private SortedMap<String, Encoding> encodings = new TreeMap<>();

  private LayerActor(
      ActorRef<StageActor.Command> self, Flow flow, StageSetup setup, LayerState state) {
    this.self = self;
    this.flow = flow;
    this.run = setup.run();
    this.id = setup.id();
    this.state = state;
    this.kept = new KeptBatches(run.node());
    flow.run(state::load, this::restore);
  }

  /**
   * Creates a layer.
   *
   * @param plan the plan for its weight; null leaves it in float
   * @param seed of the layer's random choices
   * @param input what is known of its input without samples; null if nothing is
   * @param activations its output, if the layer sets its range
   */
  public static Behavior<StageActor.Command> create(
      LayerStage stage,
      @Nullable LayerPlan plan,
      long seed,
      @Nullable LayerInput input,
      Map<String, ActivationPlan> activations,
      StageSetup setup) {
    return Behaviors.setup(
        context ->
            new LayerActor(
                    context.getSelf(),
                    new Flow(context, setup),
                    setup,
                    new LayerState(
                        stage,
                        plan,
                        seed,
                        input,
                        setup.run().settings().reservoirBytes(),
                        new OutputRanges(setup, activations)))
                .relaying());
  }

  /** While blocks learned, a checkpoint had the layers' integers alone. */
  private void restore() {
    Runnable integers = () -> flow.restoreRounded(state.integers(), this::announce);
    if (flow.hasState()) {
      flow.restore(state, integers);
    } else {
      integers.run();
    }
  }

  private void announce() {
    run.events().tell(requireNonNull(state.rounded()));
  }

  private Behavior<StageActor.Command> relaying() {
    return receive(this::relay);
  }

  private Behavior<StageActor.Command> collecting() {
    return receive(this::collect);
  }

  /** Waits until the running task determines the next state. */
  private Behavior<StageActor.Command> working() {
    return receive(Behaviors::same);
  }

  private Behavior<StageActor.Command> forwarding() {
    return receive(this::forward);
  }

  /** Messages are handled by the flow; between messages, a state runs its step. */
  private Behavior<StageActor.Command> receive(Supplier<Behavior<StageActor.Command>> step) {
    return Behaviors.receive(StageActor.Command.class)
        .onMessage(StageActor.Connect.class, m -> after(() -> flow.connect(m), step))
        .onMessage(StageActor.Offer.class, m -> after(() -> flow.offer(m), step))
        .onMessage(StageActor.Credit.class, m -> after(() -> flow.credit(m), step))
        .onMessage(StageActor.Cancel.class, m -> after(flow::cancel, step))
        .onMessage(StageActor.Learned.class, m -> after(() -> state.take(m), step))
        .onMessage(Flow.Resume.class, m -> after(m.action(), step))
        .onMessageEquals(Next.BEGUN, this::startPass)
        .onMessageEquals(Next.OPTIMIZED, this::startForwarding)
        .onSignal(PostStop.class, signal -> closed())
        .build();
  }

  /** Enters another state, whose first step may lead to the next one at once. */
  private static Behavior<StageActor.Command> enter(
      Behavior<StageActor.Command> next, Supplier<Behavior<StageActor.Command>> step) {
    Behavior<StageActor.Command> further = step.get();
    return further == Behaviors.<StageActor.Command>same() ? next : further;
  }

  private static Behavior<StageActor.Command> after(
      Runnable plumbing, Supplier<Behavior<StageActor.Command>> step) {
    plumbing.run();
    return step.get();
  }

  private Behavior<StageActor.Command> relay() {
    while (flow.isDrained()) {
      Item item = flow.poll();
      if (item instanceof Batch batch) {
        flow.work(() -> state.relay(batch), this::send);
      } else if (item instanceof PassStart start) {
        flow.run(
            () -> state.begin(start),
            () -> {
              if (start.pass().isReplacement() && state.rounded() != null) {
                announce();
              }
              flow.emit(start);
              self.tell(Next.BEGUN);
            });
        return working();
      } else if (item instanceof Checkpoint barrier) {
        flow.save(barrier, state);
      } else if (item instanceof PassEnd end) {
        endRelaying(end);
      } else {
        break;
      }
    }
    return Behaviors.same();
  }

  private Behavior<StageActor.Command> startPass() {
    return state.pass() == Pass.ROUND && state.isLearning()
        ? enter(collecting(), this::collect)
        : enter(relaying(), this::relay);
  }

  private void send(Batch batch) {
    flow.release();
    flow.emit(batch);
    advance(batch, Activity.RELAYING);
  }

  private void endRelaying(PassEnd end) {
    endPass(
        end,
        () -> {
          if (end.pass().compares()) {
            run.events().tell(state.measured());
          } else if (state.isLearning() && state.hasLearned()) {
            encodings = end.encodings();
            optimize(this::tellIntegers);
          }
        });
  }

  private void endPass(PassEnd end, Runnable then) {
    flow.workAfter(
        state.earlier(end.pass()),
        () -> state.endPass(end, run.events()),
        all -> {
          flow.emit(new PassEnd(end.pass(), all));
          then.run();
        });
  }

  private Behavior<StageActor.Command> collect() {
    while (flow.isFree()) {
      Item item = flow.poll();
      if (item instanceof Batch batch) {
        flow.run(() -> state.collect(batch), () -> keep(batch));
      } else if (item instanceof Checkpoint barrier) {
        flow.save(barrier, state);
      } else if (item instanceof PassEnd end) {
        encodings = end.encodings();
        optimize(() -> self.tell(Next.OPTIMIZED));
        return working();
      } else {
        break;
      }
    }
    return Behaviors.same();
  }

  private void keep(Batch batch) {
    flow.hold(
        kept.put(batch),
        ignored -> {
          flow.release();
          advance(batch, Activity.COLLECTING);
        });
  }

  private void optimize(Runnable then) {
    StatisticsHistory history = state.pass() == Pass.DERIVE ? null : run.node().history();
    CompletableFuture<?> earlier =
        history == null ? CompletableFuture.completedFuture(null) : LayerState.earlier(history, id);
    flow.workAfter(
        earlier,
        () -> {
          round(history);
          return state;
        },
        rounded -> then.run());
  }

  private void round(@Nullable StatisticsHistory history) {
    if (history != null) {
      state.recall(history, id, run.events());
    }
    state.round(
        encodings,
        flow.control(
            share ->
                run.events()
                    .tell(
                        new RunEvent.Advanced(
                            id, state.pass(), Activity.OPTIMIZING, state.samples(), share))));
    if (history != null) {
      state.leave(history, id);
    }
  }

  private void tellIntegers() {
    if (state.sensitivity() != null) {
      run.events().tell(requireNonNull(state.sensitivity()));
    }
    announce();
    flow.saveRounded(state.integers());
  }

  private Behavior<StageActor.Command> startForwarding() {
    tellIntegers();
    state.countAnew();
    return enter(forwarding(), this::forward);
  }

  private Behavior<StageActor.Command> forward() {
    if (!flow.isDrained()) {
      return Behaviors.same();
    }
    if (kept.isEmpty()) {
      endPass(new PassEnd(state.pass(), encodings), () -> {});
      return relaying();
    }
    flow.hold(
        kept.take().thenApplyAsync(state::relay, run.node().workers()),
        batch -> {
          flow.emit(batch);
          advance(batch, Activity.FORWARDING);
        });
    return Behaviors.same();
  }

  private void advance(Batch batch, Activity activity) {
    state.count(batch.samples());
    run.events().tell(new RunEvent.Advanced(id, state.pass(), activity, state.samples(), 0));
  }

  private Behavior<StageActor.Command> closed() {
    flow.close(List.of(state, kept));
    return Behaviors.same();
  }

  private enum Next implements StageActor.Command, StageActor.Local {
    BEGUN,
    OPTIMIZED
  }
}
