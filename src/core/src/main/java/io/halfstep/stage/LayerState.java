package io.halfstep.stage;

import static java.util.Objects.requireNonNull;

import io.halfstep.checkpoint.StageState;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.plan.LayerPlan;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.Pass;
import io.halfstep.protocol.RunEvent;
import io.halfstep.quantizer.Encoding;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.io.IOException;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a layer has gathered and found so far, and all of it that a checkpoint keeps: the state of
 * the pass, and, once there are some, {@linkplain #integers() the integers} apart from that.
 */
final class LayerState implements StageState, AutoCloseable {
  private final LayerStage stage;
  private final @Nullable LayerPlan plan;
  private final long seed;
  private final long reservoirBytes;
  private final LayerProgram program;
  private final ActivationQuantizers quantizers;
  private @Nullable LayerLearning learning;
  private SignalToNoise signalToNoise = new SignalToNoise();
  private Pass pass = Pass.OBSERVE;
  private long samples;
  private long expected;
  private boolean resumed;

  private RunEvent.@Nullable Rounded rounded;
  private @Nullable Encoding input;
  private boolean installed;

  LayerState(
      LayerStage stage,
      @Nullable LayerPlan plan,
      long seed,
      long reservoirBytes,
      ActivationQuantizers quantizers) {
    this.stage = stage;
    this.plan = plan;
    this.seed = seed;
    this.reservoirBytes = reservoirBytes;
    this.program = new LayerProgram(stage);
    this.quantizers = quantizers;
  }

  /** Makes the layer ready to compute; long work. */
  void load() {
    program.load();
  }

  Pass pass() {
    return pass;
  }

  /** How many samples of the pass have been dealt with. */
  long samples() {
    return samples;
  }

  void count(int more) {
    samples += more;
  }

  void countAnew() {
    samples = 0;
  }

  ActivationQuantizers quantizers() {
    return quantizers;
  }

  /**
   * A pass begins, or goes on where a checkpoint left it; long work, for a weight may be large.
   *
   * @param samplesToCome how many the whole pass has; 0 where that is not known
   */
  void begin(Pass next, long samplesToCome) {
    expected = samplesToCome;
    if (!resumed) {
      samples = 0;
      signalToNoise = new SignalToNoise();
    }
    resumed = false;
    pass = next;
    boolean learns = plan != null && (pass == Pass.ROUND || pass == Pass.LEARN);
    if (learns && rounded == null && learning == null) {
      learning = learning(requireNonNull(plan));
    }
    if (pass != Pass.LEARN) { // whose student is the teacher to its end
      install();
    }
  }

  private LayerLearning learning(LayerPlan how) {
    return new LayerLearning(stage.layer(), how, seed, reservoirBytes, expected);
  }

  /** Whether the layer is learning: its integers are yet to be found. */
  boolean isLearning() {
    return learning != null;
  }

  void collect(Batch batch) {
    requireNonNull(learning).collect(input(batch));
  }

  /** What goes to the consumers. */
  Batch relay(Batch batch) {
    Activation activation = input(batch);
    if (pass == Pass.LEARN && learning != null) {
      learning.collect(activation);
    }
    Activation output = program.forward(activation);
    if (pass == Pass.FINISH) {
      signalToNoise.add(output);
    }
    SortedMap<String, Activation> activations = new TreeMap<>();
    activations.put(stage.layer().output(), output);
    return new Batch(batch.id(), batch.samples(), quantizers.apply(activations, pass));
  }

  private Activation input(Batch batch) {
    return requireNonNull(batch.activations().get(stage.layer().input()));
  }

  RunEvent.Measured measured() {
    return signalToNoise.measured(stage.name(), false);
  }

  /**
   * Finds the integers, for a layer whose input is quantized like this, and computes with them from
   * then on; long work.
   */
  void round(SortedMap<String, Encoding> encodings, RoundingControl control) {
    LayerLearning learner = requireNonNull(learning);
    input = encodings.get(stage.layer().input());
    rounded = learner.round(input, control);
    learner.close();
    learning = null;
    install();
  }

  /** From now on the student computes with the integers, if there are some; long work. */
  void install() {
    if (rounded != null && !installed) {
      program.round(rounded.weight(), input);
      installed = true;
    }
  }

  /** The layer's integers, or null before they are found. */
  RunEvent.@Nullable Rounded rounded() {
    return rounded;
  }

  @Override
  public void save(WireWriter to) throws IOException {
    to.object(pass);
    to.number(samples);
    signalToNoise.save(to);
    quantizers.save(to);
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
    quantizers.restore(from);
    expected = from.number();
    if (from.flag()) {
      learning = learning(requireNonNull(plan));
      learning.restore(from);
    }
  }

  /** The integers and the encoding of the input that they were made for. */
  StageState integers() {
    return new StageState() {
      @Override
      public void save(WireWriter to) {
        to.object(requireNonNull(rounded));
        to.flag(input != null);
        if (input != null) {
          to.object(input);
        }
      }

      @Override
      public void restore(WireReader from) {
        rounded = from.object(RunEvent.Rounded.class);
        input = from.flag() ? from.object(Encoding.class) : null;
        if (learning != null) { // what the state of a pass holds that did not end
          learning.close();
          learning = null;
        }
      }
    };
  }

  /** Lets go of native memory, when no work is under way any more. */
  @Override
  public void close() {
    program.close();
    if (learning != null) {
      learning.close();
    }
  }
}
