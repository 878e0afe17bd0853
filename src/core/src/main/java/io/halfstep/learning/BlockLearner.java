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
  private final BlockSamples samples;
  private final SampleOrder order;
  private final int shard;
  private final Map<String, Double> signals = new HashMap<>();
  private final Map<String, Tensor> shares = new HashMap<>();
  private final Map<String, LearnedWeight> weights = new TreeMap<>();
  private final Map<String, LearnedBias> biases = new TreeMap<>();
  private final Map<String, LearnedStep> steps = new TreeMap<>();
  private final List<Parameter> parameters = new ArrayList<>();

  private BlockLearner(BlockProblem problem, BlockSamples samples) {
    this.problem = problem;
    this.models = problem.models();
    this.samples = samples;
    this.order = new SampleOrder(samples.count(), new SplittableRandom(problem.seed()));
    this.shard = Math.max(1, Math.min(SHARD, samples.count() / SHARDS));
    for (String output : models.outputs()) {
      double signal = samples.energy(output);
      double ofBatch = signal * shard * SHARDS / samples.count();
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
    ModelProto loss = models.loss();
    Map<String, Tensor> first = new HashMap<>(fixed);
    first.putAll(shares);
    first.putAll(sampled(new int[shard]));
    List<String> wanted = parameters.stream().map(Parameter::input).toList();
    ModelProto backward =
        GradientModel.of(loss, TensorTrace.of(loss, first), BlockModels.LOSS, wanted);
    List<String> gradients = wanted.stream().map(GradientModel::gradientOf).toList();
    boolean variants = descent.variants() && models.inputs().stream().allMatch(this::isOfImages);
    SplittableRandom random = new SplittableRandom(problem.seed());
    try (OnnxProgram program = OnnxProgram.load(backward.toByteArray());
        OnnxProgram teacher = variants ? OnnxProgram.load(problem.teacher()) : null) {
      for (int i = 0; i < descent.iterations(); i++) {
        if (control.cancelled()) {
          throw new CancellationException("cancelled");
        }
        Map<String, Tensor> values = new HashMap<>(fixed);
        values.putAll(shares);
        parameters.forEach(parameter -> values.put(parameter.input(), parameter.value()));
        List<Supplier<Map<String, Tensor>>> batches = new ArrayList<>();
        for (int s = 0; s < SHARDS; s++) {
          int[] chosen = order.next(shard);
          SplittableRandom own = random.split();
          batches.add(() -> teacher == null ? sampled(chosen) : varied(chosen, teacher, own));
        }
        List<Map<String, Tensor>> shards =
            batches.parallelStream()
                .map(
                    batch -> {
                      Map<String, Tensor> inputs = new HashMap<>(values);
                      inputs.putAll(batch.get());
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

  private boolean isOfImages(String input) {
    return ImageVariants.isOfImages(samples.batch(input, new int[1]));
  }

  /** Returns variants of some samples and the teacher's outputs for them. */
  private Map<String, Tensor> varied(int[] chosen, OnnxProgram teacher, SplittableRandom random) {
    Map<String, Tensor> inputs = new HashMap<>();
    for (String name : models.inputs()) {
      inputs.put(name, ImageVariants.of(samples.batch(name, chosen), random));
    }
    Map<String, Tensor> batch = new HashMap<>(inputs);
    teacher.run(inputs).forEach((output, y) -> batch.put(BlockModels.targetOf(output), y));
    return batch;
  }

  /** Returns the block's inputs and the teacher's outputs of some samples. */
  private Map<String, Tensor> sampled(int[] chosen) {
    Map<String, Tensor> batch = new HashMap<>();
    models.inputs().forEach(name -> batch.put(name, samples.batch(name, chosen)));
    models
        .outputs()
        .forEach(name -> batch.put(BlockModels.targetOf(name), samples.batch(name, chosen)));
    return batch;
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
    int batches = (samples.count() + SHARD - 1) / SHARD;
    return IntStream.range(0, batches)
        .parallel()
        .mapToDouble(
            b -> {
              int from = b * SHARD;
              int to = Math.min(samples.count(), from + SHARD);
              return error(student, IntStream.range(from, to).toArray());
            })
        .boxed() // added in order, unlike sum()
        .toList()
        .stream()
        .reduce(0.0, Double::sum);
  }

  private double error(BlockStudent student, int[] chosen) {
    Map<String, Tensor> inputs = new HashMap<>();
    models.inputs().forEach(name -> inputs.put(name, samples.batch(name, chosen)));
    Map<String, Tensor> outputs = student.run(inputs);
    double error = 0;
    for (String name : models.outputs()) {
      float[] quantized = requireNonNull(outputs.get(name)).floats();
      float[] teacher = samples.batch(name, chosen).floats();
      double noise = 0;
      for (int i = 0; i < teacher.length; i++) {
        double d = (double) quantized[i] - teacher[i];
        noise += d * d;
      }
      double signal = requireNonNull(signals.get(name));
      error += signal > 0 ? noise / signal / models.outputs().size() : 0;
    }
    return error;
  }
}
