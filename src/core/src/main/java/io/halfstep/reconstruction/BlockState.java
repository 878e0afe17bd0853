package io.halfstep.reconstruction;

import static java.util.Objects.requireNonNull;

import io.halfstep.checkpoint.StageState;
import io.halfstep.gradient.NoGradientException;
import io.halfstep.graph.Layer;
import io.halfstep.learning.BlockLayer;
import io.halfstep.learning.BlockLearner;
import io.halfstep.learning.BlockProblem;
import io.halfstep.learning.BlockSamples;
import io.halfstep.learning.BlockSolution;
import io.halfstep.learning.BlockStudent;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.protocol.RunEvent;
import io.halfstep.protocol.StageId;
import io.halfstep.quantizer.OutputMeans;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A block's samples, and what it learned from them, which a checkpoint saves. */
final class BlockState implements StageState, AutoCloseable {
  private final StageId id;
  private final BlockTask task;
  private @Nullable OnnxProgram teacher;
  private @Nullable BlockStudent student;
  private @Nullable BlockSamples samples;
  private RunEvent.@Nullable Learned learned;

  BlockState(StageId id, BlockTask task) {
    this.id = id;
    this.task = task;
  }

  /** Begins the pass; takes long. */
  void begin() {
    teacher = OnnxProgram.load(task.problem().teacher());
    if (!task.learns() || learned != null) {
      install();
    } else {
      samples = new BlockSamples(task.sampleBytes(), task.problem().seed());
    }
  }

  /** Returns whether the block is still to learn. */
  boolean isLearning() {
    return samples != null;
  }

  /** Returns what the block has learned; null before. */
  RunEvent.@Nullable Learned learned() {
    return learned;
  }

  /**
   * Computes the teacher's outputs and stores samples.
   *
   * @return the batch with them, to be kept until the student is known
   */
  Batch collect(Batch batch) {
    Map<String, Tensor> outputs = requireNonNull(teacher).run(side(batch, true), task.outputs());
    Map<String, Tensor> both = new HashMap<>(side(batch, false));
    both.putAll(outputs);
    if (samples != null) {
      samples.add(batch.samples(), both, batch.mask());
    }
    SortedMap<String, Activation> activations = new TreeMap<>(batch.activations());
    activations.replaceAll(
        (name, activation) ->
            task.passedOn().contains(name) ? activation : Activation.shared(activation.student()));
    outputs.forEach((name, tensor) -> activations.put(name, Activation.shared(tensor)));
    return batch.with(activations);
  }

  /** Computes the student's outputs of a batch with those of the teacher. */
  Batch forward(Batch batch) {
    Map<String, Tensor> outputs = requireNonNull(student).run(side(batch, false));
    SortedMap<String, Activation> activations = new TreeMap<>(batch.activations());
    for (String name : task.outputs()) {
      Tensor ofTeacher = requireNonNull(activations.get(name)).teacher();
      activations.put(name, new Activation(ofTeacher, requireNonNull(outputs.get(name))));
    }
    return batch.with(activations);
  }

  private Map<String, Tensor> side(Batch batch, boolean ofTeacher) {
    Map<String, Tensor> side = new HashMap<>();
    for (String name : task.inputs()) {
      Activation activation = requireNonNull(batch.activations().get(name));
      side.put(name, ofTeacher ? activation.teacher() : activation.student());
    }
    return side;
  }

  /**
   * Learns, and computes with what it learned from then on; takes long. A block with an operator
   * that has no gradient stays as it is, and says why.
   */
  void learn(RoundingControl control) {
    long start = System.nanoTime();
    try {
      BlockSolution solution =
          BlockLearner.learn(task.problem(), requireNonNull(samples), task.descent(), control);
      learned = learned(solution, (System.nanoTime() - start) / 1e9);
    } catch (NoGradientException e) {
      learned = notLearned("block %s is not learned: %s".formatted(id, e.getMessage()));
    }
    samples = null;
    install();
  }

  private RunEvent.Learned learned(BlockSolution solution, double seconds) {
    List<RunEvent.Rounded> layers = new ArrayList<>();
    for (BlockLayer each : task.problem().layers()) {
      QuantizedWeight weight = solution.weights().get(each.layer().name());
      if (weight != null) {
        layers.add(rounded(each.layer(), weight, solution, seconds));
      }
    }
    return new RunEvent.Learned(
        id, task.pass(), layers, solution.activations(), solution.before(), solution.after(), "");
  }

  private RunEvent.Learned notLearned(String why) {
    return new RunEvent.Learned(id, task.pass(), List.of(), new TreeMap<>(), 0, 0, why);
  }

  private RunEvent.Rounded rounded(
      Layer layer, QuantizedWeight weight, BlockSolution solution, double seconds) {
    RunEvent.Rounded before = requireNonNull(task.rounded().get(layer.name()));
    Tensor bias = solution.biases().get(layer.name());
    float[] rows = layer.layout().toRows(layer.weight().floats());
    return new RunEvent.Rounded(
        layer.name(),
        weight,
        before.rounding(),
        before.loss(),
        before.nearestLoss(),
        weight.differences(weight.nearest(rows)),
        before.seconds() + seconds / solution.weights().size(),
        before.note(),
        bias == null ? null : OutputMeans.shifting(shift(layer, bias), weight.k()));
  }

  private static float[] shift(Layer layer, Tensor bias) {
    float[] shift = bias.floats().clone();
    float[] real = requireNonNull(layer.bias()).floats();
    for (int i = 0; i < shift.length; i++) {
      shift[i] -= real[i];
    }
    return shift;
  }

  private void install() {
    BlockProblem problem = task.problem();
    if (learned != null) {
      problem = problem.with(solution(learned));
    }
    student = new BlockStudent(problem);
  }

  private BlockSolution solution(RunEvent.Learned of) {
    BlockSolution solution =
        new BlockSolution(
            new TreeMap<>(), new TreeMap<>(), of.activations(), of.before(), of.after());
    for (BlockLayer each : task.problem().layers()) {
      for (RunEvent.Rounded rounded : of.layers()) {
        if (rounded.layer().equals(each.layer().name())) {
          solution.weights().put(rounded.layer(), rounded.weight());
          Tensor bias = rounded.bias(each.layer().bias());
          if (bias != null) {
            solution.biases().put(rounded.layer(), bias);
          }
        }
      }
    }
    return solution;
  }

  @Override
  public void save(WireWriter to) {
    to.object(requireNonNull(learned));
  }

  @Override
  public void restore(WireReader from) {
    learned = from.object(RunEvent.Learned.class);
  }

  /** Frees native memory, once the pass or all work has ended. */
  @Override
  public void close() {
    if (teacher != null) {
      teacher.close();
      teacher = null;
    }
    if (student != null) {
      student.close();
      student = null;
    }
  }
}
