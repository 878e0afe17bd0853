package io.halfstep.stage;

import static java.util.Objects.requireNonNull;

import akka.actor.typed.ActorRef;
import io.halfstep.checkpoint.StageState;
import io.halfstep.checkpoint.StatisticsHistory;
import io.halfstep.distribution.LayerInput;
import io.halfstep.graph.Layer;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.plan.LayerPlan;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Item.PassEnd;
import io.halfstep.protocol.Item.PassStart;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageActor;
import io.halfstep.protocol.StageId;
import io.halfstep.quantizer.Candidate;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The state of a layer that a checkpoint saves: the state of the pass and, separately, {@linkplain
 * #integers() the integers} once there are some.
 */
final class LayerState implements StageState, AutoCloseable {
  private static final String MOMENTS = "moments";
  private static final String ROUNDED = "rounded";

  private final LayerStage stage;
  private final @Nullable LayerPlan plan;
  private final long seed;
  private final @Nullable LayerInput implied;
  private final long reservoirBytes;
  private final LayerProgram program;
  private final OutputRanges ranges;
  private final boolean isDynamic;
  private @Nullable LayerLearning learning;
  private SignalToNoise signalToNoise = new SignalToNoise();
  private Pass pass = Pass.OBSERVE;
  private long samples;
  private long expected;
  private boolean resumed;

  private final Map<Candidate, RunEvent.Rounded> candidates = new EnumMap<>(Candidate.class);
  private @Nullable Encoding observedInput; // at the end of the last pass
  private @Nullable Encoding input; // for which it was rounded
  private final Map<Candidate, @Nullable Encoding> learnedInputs = new EnumMap<>(Candidate.class);
  private RunEvent.@Nullable Rounded rounded;
  private @Nullable Candidate installed;
  private RunEvent.@Nullable Sensitivity sensitivity;

  LayerState(
      LayerStage stage,
      @Nullable LayerPlan plan,
      long seed,
      @Nullable LayerInput implied,
      long reservoirBytes,
      OutputRanges ranges) {
    this.stage = stage;
    this.plan = plan;
    this.seed = seed;
    this.implied = implied;
    this.reservoirBytes = reservoirBytes;
    this.program = new LayerProgram(stage);
    this.ranges = ranges;
    this.isDynamic = plan != null && DynamicInput.isOf(stage.layer(), plan);
  }

  /** Prepares the layer's computation; takes long. */
  void load() {
    program.load();
  }

  Pass pass() {
    return pass;
  }

  /** Returns the number of processed samples of the pass. */
  long samples() {
    return samples;
  }

  void count(int more) {
    samples += more;
  }

  void countAnew() {
    samples = 0;
  }

  /** Begins a pass, or resumes it from a checkpoint; takes long for a large weight. */
  void begin(PassStart start) {
    expected = start.samples();
    ranges.begin(start);
    Encoding settled = start.settled().get(stage.layer().input());
    observedInput = settled == null ? observedInput : settled;
    if (!resumed) {
      samples = 0;
      signalToNoise = new SignalToNoise();
    }
    resumed = false;
    pass = start.pass();
    boolean learns = plan != null && !pass.compares() && pass != Pass.OBSERVE;
    if (learns && !isRounded() && learning == null) {
      learning = learning(requireNonNull(plan));
    }
    if (pass != Pass.LEARN) {
      install();
    }
  }

  private LayerLearning learning(LayerPlan how) {
    return new LayerLearning(stage.layer(), how, seed, implied, reservoirBytes, expected);
  }

  /** Returns whether the layer is learning, and so not yet rounded. */
  boolean isLearning() {
    return learning != null;
  }

  /** Returns whether, at the end of the pass, all is there that the layer learns from. */
  boolean hasLearned() {
    return pass == Pass.DERIVE || (pass == Pass.LEARN && samples > 0);
  }

  void collect(Batch batch) {
    requireNonNull(learning).collect(input(batch), batch);
  }

  /** Returns the output for the consumers. */
  Batch relay(Batch batch) {
    Activation activation = input(batch);
    if (pass == Pass.LEARN && learning != null) {
      learning.collect(activation, batch);
    }
    Activation output = program.forward(activation);
    if (pass.compares()) {
      output.unpadded(batch.mask()).forEach(signalToNoise::add);
    }
    SortedMap<String, Activation> activations = new TreeMap<>();
    activations.put(stage.layer().output(), output);
    return ranges.observe(batch.with(activations), pass);
  }

  /** Returns the layer's input, quantized for the student. */
  private Activation input(Batch batch) {
    Activation real = requireNonNull(batch.activations().get(stage.layer().input()));
    return isDynamic && pass.hasStudent()
        ? DynamicInput.quantized(real, inputEncoding())
        : real.quantized(inputEncoding());
  }

  private @Nullable Encoding inputEncoding() {
    if (!pass.hasStudent()) {
      return null;
    }
    return isRounded() ? roundedInput() : observedInput;
  }

  /** Returns the encoding of the input that belongs to the integers of the pass. */
  private @Nullable Encoding roundedInput() {
    Candidate candidate = pass.candidate();
    return learnedInputs.containsKey(candidate) ? learnedInputs.get(candidate) : input;
  }

  /** Takes what a block has learned, between two passes. */
  void take(StageActor.Learned learned) {
    candidates.put(learned.candidate(), learned.layer());
    learnedInputs.put(learned.candidate(), learned.input());
  }

  /** Completes when the earlier statistics that {@link #endPass} needs are there. */
  CompletableFuture<?> earlier(Pass of) {
    return ranges.earlier(of);
  }

  /** Sets the ranges of the outputs at the end of a pass, and takes that of the input. */
  SortedMap<String, Encoding> endPass(PassEnd end, ActorRef<RunEvent> events) {
    if (plan != null) {
      observedInput = end.encodings().get(stage.layer().input());
    }
    SortedMap<String, Encoding> all = ranges.endPass(end, events);
    install();
    return all;
  }

  RunEvent.Measured measured() {
    return signalToNoise.measured(stage.name(), false);
  }

  /** Completes when what {@link #recall} needs is there. */
  static CompletableFuture<?> earlier(StatisticsHistory history, StageId id) {
    return history.ready(id, ROUNDED); // which is left after the moments
  }

  /**
   * Adds the inputs of earlier runs to those collected, and reports how the cost of the earlier
   * rounding has changed; takes long.
   */
  void recall(StatisticsHistory history, StageId id, ActorRef<RunEvent> events) {
    LayerLearning learner = requireNonNull(learning);
    QuantizedWeight before =
        history.recall(id, ROUNDED, from -> from.object(QuantizedWeight.class));
    Double ratio = history.recall(id, MOMENTS, from -> learner.add(from, history.weight(), before));
    if (ratio != null && !ratio.isNaN()) {
      events.tell(new RunEvent.LossDrift(stage.name(), ratio));
    }
    history.leave(id, MOMENTS, learner::write);
  }

  /** Leaves the integers to later runs. */
  void leave(StatisticsHistory history, StageId id) {
    QuantizedWeight solved = requireNonNull(candidates.get(Candidate.ROUNDED)).weight();
    history.leave(id, ROUNDED, to -> to.object(solved));
  }

  /**
   * Rounds the layer for the given encoding of its input, and computes with the integers from then
   * on; takes long.
   */
  void round(SortedMap<String, Encoding> encodings, RoundingControl control) {
    LayerLearning learner = requireNonNull(learning);
    input = encodings.get(stage.layer().input());
    candidates.putAll(
        pass == Pass.DERIVE ? learner.derive(input, control) : learner.round(input, control));
    sensitivity = learner.sensitivity();
    learner.close();
    learning = null;
    install();
  }

  /** Lets the student compute with the integers of the pass, if there are some; takes long. */
  void install() {
    if (isRounded() && installed != pass.candidate()) {
      rounded = candidate();
      program.round(rounded, isDynamic ? null : roundedInput());
      installed = pass.candidate();
    }
  }

  /** Returns the layer's errors at each width; null if its width is decided. */
  RunEvent.@Nullable Sensitivity sensitivity() {
    return sensitivity;
  }

  /** Returns the layer's integers in this pass, or null before rounding. */
  RunEvent.@Nullable Rounded rounded() {
    return rounded;
  }

  private RunEvent.Rounded candidate() {
    RunEvent.Rounded solved = requireNonNull(candidates.get(Candidate.ROUNDED));
    return pass.candidate() == Candidate.NEAREST
        ? nearest(solved)
        : candidates.getOrDefault(pass.candidate(), solved);
  }

  private RunEvent.Rounded nearest(RunEvent.Rounded solved) {
    Layer layer = stage.layer();
    return solved.toNearest(layer.layout().toRows(layer.weight().floats()));
  }

  private boolean isRounded() {
    return !candidates.isEmpty();
  }

  @Override
  public void save(WireWriter to) throws IOException {
    to.object(pass);
    to.number(samples);
    signalToNoise.save(to);
    ranges.save(to);
    to.optional(observedInput);
    to.number(expected);
    to.flag(learning != null);
    if (learning != null) {
      learning.save(to);
    }
  }

  @Override
  public void restore(WireReader from) throws IOException {
    resumed = true;
    pass = from.object(Pass.class);
    samples = from.number();
    signalToNoise.restore(from);
    ranges.restore(from);
    observedInput = from.optional(Encoding.class);
    expected = from.number();
    if (from.flag()) {
      learning = learning(requireNonNull(plan));
      learning.restore(from);
    }
  }

  /** Returns the integers and the encoding of the input for which they were computed. */
  StageState integers() {
    return new StageState() {
      @Override
      public void save(WireWriter to) {
        to.object(requireNonNull(candidates.get(Candidate.ROUNDED)));
        to.optional(candidates.get(Candidate.UNREPAIRED));
        to.optional(input);
      }

      @Override
      public void restore(WireReader from) {
        rounded = from.object(RunEvent.Rounded.class);
        candidates.put(Candidate.ROUNDED, rounded);
        RunEvent.Rounded unrepaired = from.optional(RunEvent.Rounded.class);
        if (unrepaired != null) {
          candidates.put(Candidate.UNREPAIRED, unrepaired);
        }
        input = from.optional(Encoding.class);
        if (learning != null) { // from a pass that did not end
          learning.close();
          learning = null;
        }
      }
    };
  }

  /** Frees native memory, after all work has ended. */
  @Override
  public void close() {
    program.close();
    if (learning != null) {
      learning.close();
    }
  }
}
