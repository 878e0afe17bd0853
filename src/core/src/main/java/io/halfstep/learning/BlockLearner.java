package io.halfstep.learning;

import static java.util.Objects.requireNonNull;

import io.halfstep.gradient.GradientModel;
import io.halfstep.quantizer.Encoding;
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
import org.jspecify.annotations.Nullable;

/**
 * Learns the integers, scales, zero points and biases of a block's layers and the steps and zero
 * points of its activations by Adam, with rates that fall to 0 along half a cosine. The loss is the
 * squared error of the block's outputs ([B] eq. 10), in proportion to their signal.
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
  private final Descent descent;
  private final BlockModels models;
  private final OutputWeights elements;
  private final List<SampleGroup> groups;
  private final BlockError error;
  private final BatchOrder order;
  private final Map<String, Tensor> shares = new HashMap<>();
  private final Map<String, LearnedWeight> weights = new TreeMap<>();
  private final Map<String, LearnedBias> biases = new TreeMap<>();
  private final Map<String, LearnedStep> steps = new TreeMap<>();
  private final Map<String, LearnedZeroPoint> zeroPoints = new TreeMap<>();
  private final List<Parameter> parameters = new ArrayList<>();

  private BlockLearner(BlockProblem problem, BlockSamples samples, Descent descent) {
    this.problem = problem;
    this.descent = descent;
    this.models = problem.models();
    this.elements = new OutputWeights(problem.importance());
    this.groups = samples.groups();
    this.error = new BlockError(models, elements, groups);
    this.order = new BatchOrder(groups, SHARDS, SHARD, new SplittableRandom(problem.seed()));
    int count = groups.stream().mapToInt(SampleGroup::count).sum();
    for (String output : models.outputs()) {
      double ofBatch = error.signal(output) * order.part(count) * SHARDS / count;
      float share = ofBatch > 0 ? (float) (1 / ofBatch / models.outputs().size()) : 0;
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
        Encoding start = requireNonNull(problem.activations().get(tensor));
        steps.put(tensor, new LearnedStep(tensor, start));
        LearnedZeroPoints zeroPoint = LearnedZeroPoints.of(start);
        if (zeroPoint != null) {
          zeroPoints.put(tensor, new LearnedZeroPoint(tensor, zeroPoint));
        }
      }
    }
    parameters.addAll(weights.values());
    parameters.addAll(biases.values());
    parameters.addAll(steps.values());
    parameters.addAll(zeroPoints.values());
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
      solution = new BlockLearner(problem, samples, slower).learn(control.part(attempt, ATTEMPTS));
    }
    return solution;
  }

  private BlockSolution learn(RoundingControl control) {
    try (BlockStudent student = new BlockStudent(problem)) {
      double before = error.of(student, student.parameters());
      descend(student.parameters(), control);
      double after = error.of(student, current(student.parameters()));
      boolean kept = after < before || descent.variants(); // samples held back tell of these
      return kept ? solution(before).withError(after) : BlockSolution.nothing(before);
    }
  }

  /** Returns the student's parameters with what has been learned. */
  private Map<String, Tensor> current(Map<String, Tensor> fixed) {
    Map<String, Tensor> values = new HashMap<>(fixed);
    parameters.forEach(parameter -> values.put(parameter.input(), parameter.value()));
    return values;
  }

  private BlockSolution solution(double before) {
    BlockSolution solution = BlockSolution.nothing(before);
    weights.forEach((name, weight) -> solution.weights().put(name, weight.weight()));
    biases.forEach((name, bias) -> solution.biases().put(name, bias.value()));
    steps.forEach((tensor, step) -> solution.activations().put(tensor, step.encoding()));
    zeroPoints.forEach(
        (tensor, zeroPoint) ->
            solution.activations().computeIfPresent(tensor, (t, of) -> zeroPoint.encoding(of)));
    return solution;
  }

  private void descend(Map<String, Tensor> fixed, RoundingControl control) {
    List<String> wanted = parameters.stream().map(Parameter::input).toList();
    List<String> gradients = wanted.stream().map(GradientModel::gradientOf).toList();
    boolean variants =
        descent.variants()
            && groups.stream().allMatch(group -> batch(group, new int[1]).isOfImages());
    SplittableRandom random = new SplittableRandom(problem.seed());
    try (ShapedPrograms programs = new ShapedPrograms(group -> program(group, fixed, wanted));
        OnnxProgram teacher = variants ? OnnxProgram.load(problem.teacher()) : null) {
      for (int i = 0; i < descent.iterations(); i++) {
        if (control.cancelled()) {
          throw new CancellationException("cancelled");
        }
        Map<String, Tensor> values = current(fixed);
        values.putAll(shares);
        BatchOrder.Batch batch = order.next();
        LossProgram program = programs.of(batch.group());
        List<Supplier<Map<String, Tensor>>> parts = new ArrayList<>();
        for (int[] part : batch.parts()) {
          BlockBatch samples = batch(batch.group(), part);
          SplittableRandom own = random.split();
          parts.add(() -> inputs(samples, teacher, program, own));
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

  /** Returns what is of these samples alone. */
  private static Map<String, Tensor> inputs(
      BlockBatch samples,
      @Nullable OnnxProgram teacher,
      LossProgram program,
      SplittableRandom random) {
    Map<String, Tensor> inputs = new HashMap<>(program.choices(random));
    inputs.putAll(teacher == null ? samples.ofLoss() : samples.varied(teacher, random));
    return inputs;
  }

  private BlockBatch batch(SampleGroup group, int[] chosen) {
    return new BlockBatch(models, elements, group, chosen);
  }

  /** Returns the gradient of the loss for batches of a group. */
  private LossProgram program(SampleGroup group, Map<String, Tensor> fixed, List<String> wanted) {
    BlockBatch batch = batch(group, new int[order.part(group.count())]);
    Map<String, Tensor> first = new HashMap<>(fixed);
    first.putAll(shares);
    first.putAll(batch.ofLoss());
    return LossProgram.of(models, batch.isWeighted(), descent.drops(), first, wanted);
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
}
