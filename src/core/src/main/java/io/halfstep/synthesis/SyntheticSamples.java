package io.halfstep.synthesis;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.export.opset.OpsetUpgrade;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.gradient.NoGradientException;
import io.halfstep.model.Model;
import io.halfstep.source.InputPort;
import io.halfstep.source.Normalization;
import io.halfstep.source.Normalization.Bounds;
import io.halfstep.statistics.BatchNormStatistics;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Samples for a network, made of what its batch norms know. They look like no real data, but the
 * network's means and deviations are those that it was trained with.
 *
 * <p>They are made in batches of {@value #BATCH}, or of the network's fixed batch size. Each batch
 * depends on the network, the normalization, the seed and its number alone.
 */
public final class SyntheticSamples {
  /** How many samples have these statistics together. */
  private static final int BATCH = 32;

  private static final int STEPS = 100;
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final Model model;
  private final InputPort input;
  private final long[] shape;
  private final @Nullable Bounds bounds;

  /**
   * Prepares samples for a network.
   *
   * @param model {@linkplain Model#folded folded}
   * @param inputs the network's inputs
   * @param normalization of the data that the network is used with: if it tells the range of
   *     images, they stay in it, with mean 0 and deviation 1
   * @throws InvalidInputException if the network has no batch norms, or not exactly one input, of
   *     type FLOAT and known sizes
   */
  public SyntheticSamples(Model model, List<InputPort> inputs, Normalization normalization) {
    this.model = model;
    if (model.batchNorms().isEmpty()) {
      throw refused("no batch norm behind a layer tells the statistics of its data");
    }
    if (inputs.size() != 1) {
      throw refused("it has %d inputs, expected one".formatted(inputs.size()));
    }
    this.input = inputs.get(0);
    if (input.type() != ElementType.FLOAT) {
      throw refused("input %s, expected type FLOAT".formatted(input));
    }
    this.shape = input.shape().clone();
    if (shape.length == 0 || Arrays.stream(shape).skip(1).anyMatch(size -> size < 1)) {
      throw refused(
          ("input %s, expected known sizes of a sample (python -m"
                  + " onnxruntime.tools.make_dynamic_shape_fixed sets them)")
              .formatted(input));
    }
    if (shape[0] < 1) {
      shape[0] = BATCH;
    }
    normalization.check(inputs);
    this.bounds = normalization.ofImages(input).orElse(null);
  }

  private InvalidInputException refused(String why) {
    return new InvalidInputException(
        "%s: samples can't be synthesized: %s; name files of real ones as data, or leave them out"
            .formatted(model.path(), why));
  }

  /**
   * Makes samples.
   *
   * @param threads how many batches are made at the same time
   * @param progress receives the share of the work that is done, 0 to 1, from any thread
   * @return {@code [count, dims…]}
   * @throws InvalidInputException if an operator has no gradient
   * @throws InterruptedException if the thread is interrupted, after all work has ended
   */
  public Tensor make(int count, long seed, int threads, DoubleConsumer progress)
      throws InterruptedException {
    try (InputGradient gradient = gradient()) {
      BatchDescent descent = new BatchDescent(gradient, bounds, STEPS);
      int batches = Math.toIntExact((count + shape[0] - 1) / shape[0]);
      double all = (double) batches * STEPS;
      AtomicLong done = new AtomicLong();
      List<Callable<Tensor>> tasks = new ArrayList<>();
      for (int batch = 0; batch < batches; batch++) {
        Random noise = new Random(seed * GOLDEN + batch);
        tasks.add(() -> descent.from(noise, () -> progress.accept(done.incrementAndGet() / all)));
      }
      return Tensor.concatenate(Concurrently.run(tasks, threads)).rows(0, count);
    }
  }

  private InputGradient gradient() {
    try {
      return new InputGradient(StatisticsLoss.of(untilLastNorm(), known()), input.name(), shape);
    } catch (NoGradientException e) {
      throw refused(String.valueOf(e.getMessage()));
    }
  }

  private ModelProto untilLastNorm() {
    ModelProto part = model.computing(new TreeMap<>(model.batchNorms()).keySet()).proto();
    OpsetUpgrade upgrade = OpsetUpgrade.of(part, StatisticsLoss.OPSET);
    if (!upgrade.obstacles().isEmpty()) {
      throw refused(String.join("; ", upgrade.obstacles()));
    }
    return upgrade.model();
  }

  /** In the order of names, so that the loss is the same sum each time. */
  private Map<String, BatchNormStatistics> known() {
    Map<String, BatchNormStatistics> known = new TreeMap<>(model.batchNorms());
    if (bounds != null) {
      double[] ones = new double[bounds.lowest().length];
      Arrays.fill(ones, 1);
      known.put(input.name(), new BatchNormStatistics(new double[ones.length], ones));
    }
    return known;
  }
}
