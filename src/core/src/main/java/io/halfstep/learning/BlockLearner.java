package io.halfstep.learning;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.gradient.GradientModel;
import io.halfstep.gradient.TensorTrace;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Learns the integers, scales and biases of a block's layers and the steps of its activations by
 * Adam, with rates that fall to 0 along half a cosine. The loss is the squared error of the block's
 * outputs ([B] eq. 7 without its weights) in proportion to their signal.
 *
 * <p>A batch is cut into {@value #SHARDS} parts, whose gradients are added in order: the result is
 * the same for any number of threads.
 */
public final class BlockLearner {
  /** The parts of a batch, which are computed at the same time. */
  public static final int SHARDS = 2;

  private static final int SHARD = 16;

  /** Weights of few bits that jump from one integer to the other need a lower rate. */
  private static final int ATTEMPTS = 3;

  private static final double SLOWER = 0.25;

  /** The largest number of samples in a batch. */
  public static final int BATCH = SHARDS * SHARD;

  private final BlockProblem problem;
  private final BlockModels models;
  private final List<SampleGroup> groups;
  private final BatchOrder order;
  private final Map<String, Double> signals = new HashMap<>();
  private final Map<String, Tensor> shares = new HashMap<>();
  private final Map<String, LearnedWeight> weights = new TreeMap<>();
  private final Map<String, LearnedBias> biases = new TreeMap<>();
  private final Map<String, LearnedStep> steps = new TreeMap<>();
  private final List<Parameter> parameters = new ArrayList<>();

  private BlockLearner(BlockProblem problem, BlockSamples samples) {
    this.problem = problem;
    this.models = problem.models();
    this.groups = samples.groups();
    this.order = new BatchOrder(groups, SHARDS, SHARD, new SplittableRandom(problem.seed()));
    int count = groups.stream().mapToInt(SampleGroup::count).sum();
    for (String output : models.outputs()) {
      double signal = groups.stream().mapToDouble(group -> group.energy(output)).sum();
      double ofBatch = signal * order.part(count) * SHARDS / count;
      float share = signal > 0 ? (float) (1 / ofBatch / models.outputs().size()) : 0;
      signals.put(output, signal);
      shares.put(BlockModels.shareOf(output), Tensor.of(new float[] {share}, 1));
    }
    for (BlockLayer each : problem.layers()) {
      if (each.learns()) {
        String name = each.layer().name();
        weights.put(name, new LearnedWeight(each.layer(), each.weight(), each.keepsZeros()));
        if (each.bias() != null) {
          biases.put(name, new LearnedBias(name, each.bias()));
        }
      }
    }
    for (String tensor : models.quantizedTensors()) {
      if (!problem.given().contains(tensor)) {
        steps.put(
            tensor, new LearnedStep(tensor, requireNonNull(problem.activations().get(tensor))));
      }
    }
    parameters.addAll(weights.values());
    parameters.addAll(biases.values());
    parameters.addAll(steps.values());
  }

  /**
   * Learns a block.
   *
   * @param samples of the student's inputs and the teacher's outputs of the block
   * @return what it learned; nothing, if that is no better on the same samples, even at lower
   *     rates. What it learned from variants is for other samples to judge.
   * @throws io.halfstep.gradient.NoGradientException if an operator of the block has no gradient
   * @throws CancellationException if the caller stops it
   */
  public static BlockSolution learn(
      BlockProblem problem, BlockSamples samples, Descent descent, RoundingControl control) {
    BlockSolution solution = BlockSolution.nothing(0);
    for (int attempt = 0; attempt < ATTEMPTS && solution.isNothing(); attempt++) {
      Descent slower = descent.times(Math.pow(SLOWER, attempt));
      solution = new BlockLearner(problem, samples).learn(slower, control.part(attempt, ATTEMPTS));
    }
    return solution;
  }

  private BlockSolution learn(Descent descent, RoundingControl control) {
    double before;
    try (BlockStudent student = new BlockStudent(problem)) {
      before = error(student);
      descend(student.parameters(), descent, control);
    }
    BlockSolution learned = solution(before);
    try (BlockStudent student = new BlockStudent(problem.with(learned))) {
      double after = error(student);
      boolean kept = after < before || descent.variants(); // samples held back tell of these
      return kept ? learned.withError(after) : BlockSolution.nothing(before);
    }
  }

  private BlockSolution solution(double before) {
    BlockSolution solution = BlockSolution.nothing(before);
    weights.forEach((name, weight) -> solution.weights().put(name, weight.weight()));
    biases.forEach((name, bias) -> solution.biases().put(name, bias.value()));
    steps.forEach((tensor, step) -> solution.activations().put(tensor, step.encoding()));
    return solution;
  }

  private void descend(Map<String, Tensor> fixed, Descent descent, RoundingControl control) {
    List<String> wanted = parameters.stream().map(Parameter::input).toList();
    List<String> gradients = wanted.stream().map(GradientModel::gradientOf).toList();
    boolean variants =
        descent.variants()
            && groups.stream().allMatch(group -> batch(group, new int[1]).isOfImages());
    SplittableRandom random = new SplittableRandom(problem.seed());
    try (ShapedPrograms programs = new ShapedPrograms(group -> backward(group, fixed, wanted));
        OnnxProgram teacher = variants ? OnnxProgram.load(problem.teacher()) : null) {
      for (int i = 0; i < descent.iterations(); i++) {
        if (control.cancelled()) {
          throw new CancellationException("cancelled");
        }
        Map<String, Tensor> values = new HashMap<>(fixed);
        values.putAll(shares);
        parameters.forEach(parameter -> values.put(parameter.input(), parameter.value()));
        BatchOrder.Batch batch = order.next();
        OnnxProgram program = programs.of(batch.group());
        List<Supplier<Map<String, Tensor>>> parts = new ArrayList<>();
        for (int[] part : batch.parts()) {
          BlockBatch samples = batch(batch.group(), part);
          SplittableRandom own = random.split();
          parts.add(() -> teacher == null ? samples.ofLoss() : samples.varied(teacher, own));
        }
        List<Map<String, Tensor>> shards =
            parts.parallelStream()
                .map(
                    part -> {
                      Map<String, Tensor> inputs = new HashMap<>(values);
                      inputs.putAll(part.get());
                      return program.run(inputs, gradients);
                    })
                .toList();
        double decay = (1 + Math.cos(Math.PI * i / descent.iterations())) / 2;
        for (int p = 0; p < gradients.size(); p++) {
          parameters.get(p).step(sum(shards, gradients.get(p)), descent.rate() * decay);
        }
        control.progress((i + 1.0) / descent.iterations());
      }
    }
  }

  private BlockBatch batch(SampleGroup group, int[] chosen) {
    return new BlockBatch(models, group, chosen);
  }

  /** Returns the gradient of the loss for batches of a group. */
  private OnnxProgram backward(SampleGroup group, Map<String, Tensor> fixed, List<String> wanted) {
    ModelProto loss = models.loss(group.isMasked());
    Map<String, Tensor> first = new HashMap<>(fixed);
    first.putAll(shares);
    first.putAll(batch(group, new int[order.part(group.count())]).ofLoss());
    ModelProto backward =
        GradientModel.of(loss, TensorTrace.of(loss, first), BlockModels.LOSS, wanted);
    return OnnxProgram.load(backward.toByteArray());
  }

  private static float[] sum(List<Map<String, Tensor>> shards, String name) {
    float[] sum = requireNonNull(shards.get(0).get(name)).floats().clone();
    for (int s = 1; s < shards.size(); s++) {
      float[] other = requireNonNull(shards.get(s).get(name)).floats();
      for (int i = 0; i < sum.length; i++) {
        sum[i] += other[i];
      }
    }
    return sum;
  }

  /** Returns the mean over the outputs of noise in proportion to signal, on all samples. */
  private double error(BlockStudent student) {
    List<BlockBatch> parts = new ArrayList<>();
    for (SampleGroup group : groups) {
      for (int from = 0; from < group.count(); from += SHARD) {
        int[] chosen = IntStream.range(from, Math.min(group.count(), from + SHARD)).toArray();
        parts.add(batch(group, chosen));
      }
    }
    return parts.parallelStream()
        .map(part -> error(student, part))
        .toList() // added in order, unlike sum()
        .stream()
        .reduce(0.0, Double::sum);
  }

  private double error(BlockStudent student, BlockBatch batch) {
    Map<String, Tensor> outputs = student.run(batch.inputs());
    double error = 0;
    for (String name : models.outputs()) {
      double signal = requireNonNull(signals.get(name));
      error += signal > 0 ? batch.noise(name, outputs) / signal / models.outputs().size() : 0;
    }
    return error;
  }
}
