package io.halfstep.layer;

import static java.util.Objects.requireNonNull;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.Behaviors;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.layer.Item.Batch;
import io.halfstep.layer.Item.PassEnd;
import io.halfstep.layer.Item.PassStart;
import io.halfstep.layer.RunEvent.Activity;
import io.halfstep.plan.LayerPlan;
import io.halfstep.quantizer.Encoding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One layer: owns its quantizers, its statistics and its rounding.
 *
 * <pre>
 *   relaying ──ROUND begins──► collecting ──ROUND ends──► optimizing ──integers──► forwarding ──all sent──► relaying
 *   observe, learn, finish     moments, batches kept      ranges, solver           kept batches, rounded
 * </pre>
 */
public final class LayerActor {
  private final ActorRef<StageActor.Command> self;
  private final Flow flow;
  private final RunContext run;
  private final LayerStage stage;
  private final @Nullable LayerPlan plan;
  private final long seed;
  private final LayerProgram program;
  private final ActivationQuantizers quantizers;
  private final Store kept;
  private @Nullable LayerLearning learning;
  private SignalToNoise signalToNoise = new SignalToNoise();
  private SortedMap<String, Encoding> encodings = new TreeMap<>();
  private Pass pass = Pass.OBSERVE;
  private long samples;

  private LayerActor(
      ActorRef<StageActor.Command> self,
      Flow flow,
      RunContext run,
      LayerStage stage,
      @Nullable LayerPlan plan,
      long seed,
      ActivationQuantizers quantizers) {
    this.self = self;
    this.flow = flow;
    this.run = run;
    this.stage = stage;
    this.plan = plan;
    this.seed = seed;
    this.program = new LayerProgram(stage);
    this.quantizers = quantizers;
    this.kept = new Store(run);
  }

  /**
   * A layer.
   *
   * @param plan how its weight is quantized; null leaves it in float
   * @param seed fixes the layer's random choices
   * @param activations whether its output is quantized, and how
   * @param waits for each inlet (a layer has one), whether it waits for another branch
   * @param targets its consumers
   */
  public static Behavior<StageActor.Command> create(
      LayerStage stage,
      @Nullable LayerPlan plan,
      long seed,
      Map<String, ActivationPlan> activations,
      RunContext run,
      List<Boolean> waits,
      List<Target> targets) {
    return Behaviors.setup(
        context ->
            new LayerActor(
                    context.getSelf(),
                    new Flow(context, run, stage.name(), waits, targets),
                    run,
                    stage,
                    plan,
                    seed,
                    new ActivationQuantizers(stage.name(), activations))
                .relaying());
  }

  private Behavior<StageActor.Command> relaying() {
    return receive(this::relay);
  }

  private Behavior<StageActor.Command> collecting() {
    return receive(this::collect);
  }

  private Behavior<StageActor.Command> optimizing() {
    return receive(Behaviors::same);
  }

  private Behavior<StageActor.Command> forwarding() {
    return receive(this::forward);
  }

  /** Every message is plumbing; what a state does between messages is its step. */
  private Behavior<StageActor.Command> receive(Supplier<Behavior<StageActor.Command>> step) {
    return Behaviors.receive(StageActor.Command.class)
        .onMessage(StageActor.Connect.class, m -> after(() -> flow.connect(m), step))
        .onMessage(StageActor.Offer.class, m -> after(() -> flow.offer(m), step))
        .onMessage(StageActor.Credit.class, m -> after(() -> flow.credit(m), step))
        .onMessage(Flow.Resume.class, m -> after(m.action(), step))
        .onMessage(Optimized.class, m -> startForwarding(m.rounded()))
        .onSignal(PostStop.class, signal -> closed())
        .build();
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
        flow.work(() -> relayed(batch), this::send);
      } else if (item instanceof PassStart start) {
        begin(start);
        if (pass == Pass.ROUND && learning != null) {
          return collecting();
        }
      } else if (item instanceof PassEnd end) {
        endRelaying(end);
      } else {
        break;
      }
    }
    return Behaviors.same();
  }

  private void begin(PassStart start) {
    pass = start.pass();
    samples = 0;
    signalToNoise = new SignalToNoise();
    if (plan != null && (pass == Pass.ROUND || pass == Pass.LEARN)) {
      learning = new LayerLearning(stage.layer(), plan, seed, run.reservoirBytes());
    }
    flow.emit(start);
  }

  private Batch relayed(Batch batch) {
    Activation input = input(batch);
    if (pass == Pass.LEARN && learning != null) {
      learning.collect(input);
    }
    Activation output = program.forward(input);
    if (pass == Pass.FINISH) {
      signalToNoise.add(output);
    }
    return batchOf(batch, output);
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
          if (pass == Pass.FINISH) {
            run.events().tell(signalToNoise.measured(stage.name(), false));
          } else if (pass == Pass.LEARN && learning != null && samples > 0) {
            encodings = end.encodings();
            flow.work(this::optimized, this::install);
          }
        });
  }

  private void endPass(PassEnd end, Runnable then) {
    flow.work(
        () -> quantizers.endPass(end, run.events()),
        all -> {
          flow.emit(new PassEnd(end.pass(), all));
          then.run();
        });
  }

  private Behavior<StageActor.Command> collect() {
    while (flow.isFree()) {
      Item item = flow.poll();
      if (item instanceof Batch batch) {
        LayerLearning learner = requireNonNull(learning);
        flow.work(
            () -> {
              learner.collect(input(batch));
              return batch;
            },
            this::keep);
      } else if (item instanceof PassEnd end) {
        encodings = end.encodings();
        flow.work(this::optimized, rounded -> self.tell(new Optimized(rounded)));
        return optimizing();
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

  private RunEvent.Rounded optimized() {
    return requireNonNull(learning)
        .round(
            encodings.get(stage.layer().input()),
            run.control(
                share ->
                    run.events()
                        .tell(
                            new RunEvent.Advanced(
                                stage.name(), pass, Activity.OPTIMIZING, samples, share))));
  }

  private void install(RunEvent.Rounded rounded) {
    program.round(rounded.weight(), encodings.get(stage.layer().input()));
    requireNonNull(learning).close();
    learning = null;
    run.events().tell(rounded);
  }

  private Behavior<StageActor.Command> startForwarding(RunEvent.Rounded rounded) {
    install(rounded);
    samples = 0;
    Behavior<StageActor.Command> next = forward();
    return next == Behaviors.<StageActor.Command>same() ? forwarding() : next;
  }

  private Behavior<StageActor.Command> forward() {
    if (!flow.isDrained()) {
      return Behaviors.same();
    }
    if (kept.isEmpty()) {
      endPass(new PassEnd(pass, encodings), () -> {});
      return relaying();
    }
    flow.hold(
        kept.take().thenApplyAsync(this::relayed, run.workers()),
        batch -> {
          flow.emit(batch);
          advance(batch, Activity.FORWARDING);
        });
    return Behaviors.same();
  }

  private Activation input(Batch batch) {
    return requireNonNull(batch.activations().get(stage.layer().input()));
  }

  private Batch batchOf(Batch batch, Activation output) {
    SortedMap<String, Activation> activations = new TreeMap<>();
    activations.put(stage.layer().output(), output);
    return new Batch(batch.id(), batch.samples(), quantizers.apply(activations, pass));
  }

  private void advance(Batch batch, Activity activity) {
    samples += batch.samples();
    run.events().tell(new RunEvent.Advanced(stage.name(), pass, activity, samples, 0));
  }

  private Behavior<StageActor.Command> closed() {
    List<AutoCloseable> resources = new ArrayList<>(List.of(program, kept));
    if (learning != null) {
      resources.add(learning);
    }
    flow.close(resources);
    return Behaviors.same();
  }

  private record Optimized(RunEvent.Rounded rounded)
      implements StageActor.Command, StageActor.Local {}
}
