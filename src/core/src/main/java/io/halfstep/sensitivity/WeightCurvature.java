package io.halfstep.sensitivity;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.export.opset.OpsetUpgrade;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.gradient.NoGradientException;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.rounding.row.ParallelSteps;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Mask;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The curvature of a network's error along each weight of its layers. The error is what a change of
 * the weights makes of the outputs y, {@code E Σ ‖ŷ − y‖² / ‖y‖²}, the mean over samples of a sum
 * over outputs. At the float weights its gradient is 0, and half its Hessian is {@code H/2 = E Σ
 * JᵀJ/‖y‖²}, with J the Jacobian of y with respect to the weights. The curvature c is the diagonal
 * of H/2, so that a change δ of independent elements makes the error {@code Σ c_i·δ_i²}. It is also
 * that of the Fisher information of normal distributions with mean y and deviation {@code ‖y‖}.
 *
 * <p>Hutchinson's method, here with random signs on the outputs: with v of {@link OutputSigns},
 * {@code E[(vᵀJ)_i²] = c_i}, and {@code E‖vᵀJ‖²} is the trace. For a trace alone, signs on the
 * weights do the same ([H]); those on the outputs need a single gradient for each sample, of all
 * layers together, and no product with H.
 *
 * <p>A double for each weight is held, and the network twice. Not thread-safe.
 */
public final class WeightCurvature implements AutoCloseable {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final Path path;
  private final List<Layer> layers;
  private final @Nullable String mask;
  private final long seed;
  private final OutputProjection projection;
  private final OnnxProgram forward;
  private final List<double[]> squares = new ArrayList<>();
  private long seen;
  private long added;
  private Map<String, List<Long>> shapes = Map.of();
  private @Nullable JacobianProduct product;

  /**
   * Prepares a network.
   *
   * @param mask the input that is 0 where samples are padded; null if there is none
   * @param seed of the signs
   * @throws InvalidInputException if it has no output of type FLOAT, or an operator that is too old
   */
  public WeightCurvature(StageGraph graph, List<Layer> layers, @Nullable String mask, long seed) {
    this.path = graph.model().path();
    this.layers = List.copyOf(layers);
    this.mask = mask;
    this.seed = seed;
    ModelProto network = network(graph.model());
    this.projection = OutputProjection.of(network);
    this.forward = OnnxProgram.load(network.toByteArray());
    layers.forEach(layer -> squares.add(new double[layer.weight().size()]));
  }

  private ModelProto network(Model model) {
    List<String> outputs =
        model.outputs().stream()
            .filter(output -> output.onnxElementType() == ElementType.FLOAT.onnx())
            .map(Model.Port::name)
            .toList();
    if (outputs.isEmpty()) {
      throw refused("no output is of type FLOAT");
    }
    OpsetUpgrade upgrade =
        OpsetUpgrade.of(model.computing(outputs).proto(), OutputProjection.OPSET);
    if (!upgrade.obstacles().isEmpty()) {
      throw refused(String.join("; ", upgrade.obstacles()));
    }
    return upgrade.model();
  }

  private InvalidInputException refused(String why) {
    return new InvalidInputException(
        "%s: its outputs can't be differentiated: %s; set sensitivity to output"
            .formatted(path, why));
  }

  /**
   * Adds samples, in parallel on the calling ForkJoinPool; the result does not depend on how many
   * are added together. Those whose gradient is not finite are left out.
   *
   * @param samples the network's inputs by name, each of one sample; of a network with a fixed
   *     batch size, of one batch, which then counts as one sample
   * @throws InvalidInputException if an operator has no gradient
   */
  public void add(List<Map<String, Tensor>> samples) {
    for (int from = 0, to; from < samples.size(); from = to) {
      Map<String, List<Long>> shape = shapes(samples.get(from));
      to = from + 1;
      while (to < samples.size() && shapes(samples.get(to)).equals(shape)) {
        to++;
      }
      addAlike(samples.subList(from, to), product(shape, samples.get(from)));
    }
  }

  private static Map<String, List<Long>> shapes(Map<String, Tensor> sample) {
    Map<String, List<Long>> shapes = new HashMap<>();
    sample.forEach(
        (name, tensor) -> shapes.put(name, Arrays.stream(tensor.shape()).boxed().toList()));
    return shapes;
  }

  private JacobianProduct product(Map<String, List<Long>> shape, Map<String, Tensor> example) {
    if (product == null || !shape.equals(shapes)) {
      closeProduct();
      List<String> weights = layers.stream().map(layer -> layer.node().getInput(1)).toList();
      try {
        product = new JacobianProduct(projection, weights, example, forward.run(example));
      } catch (NoGradientException e) {
        throw refused(String.valueOf(e.getMessage()));
      }
      shapes = shape;
    }
    return product;
  }

  private void addAlike(List<Map<String, Tensor>> samples, JacobianProduct jacobian) {
    List<List<float[]>> products = new ArrayList<>(samples.size());
    samples.forEach(sample -> products.add(List.of()));
    ParallelSteps.run(
        samples.size(),
        i -> {
          Map<String, Tensor> sample = samples.get(i);
          products.set(i, jacobian.of(sample, signs(sample, seen + i)));
        });
    seen += samples.size();
    products.removeIf(ofSample -> !ofSample.stream().allMatch(WeightCurvature::isFinite));
    added += products.size();
    ParallelSteps.run(
        layers.size(),
        layer -> products.forEach(ofSample -> add(ofSample.get(layer), squares.get(layer))));
  }

  private Map<String, Tensor> signs(Map<String, Tensor> sample, long number) {
    Random random = new Random(seed * GOLDEN + number);
    Tensor positions = mask == null ? null : sample.get(mask);
    Mask padding = positions == null ? null : Mask.of(positions);
    Map<String, Tensor> signs = new HashMap<>();
    forward
        .run(sample)
        .forEach((output, y) -> signs.put(output, OutputSigns.relative(y, padding, random)));
    return signs;
  }

  private static boolean isFinite(float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  private static void add(float[] product, double[] squares) {
    for (int i = 0; i < squares.length; i++) {
      squares[i] += (double) product[i] * product[i];
    }
  }

  /**
   * Returns the curvature along each layer's weight, in ONNX order, by the layer's name.
   *
   * @throws InvalidInputException if no sample has a finite gradient
   */
  public Map<String, float[]> means() {
    if (added == 0) {
      throw refused("of %d samples, none has a finite gradient".formatted(seen));
    }
    Map<String, float[]> means = new LinkedHashMap<>();
    for (int layer = 0; layer < layers.size(); layer++) {
      double[] sums = squares.get(layer);
      float[] mean = new float[sums.length];
      for (int i = 0; i < mean.length; i++) {
        mean[i] = (float) (sums[i] / added);
      }
      means.put(layers.get(layer).name(), mean);
    }
    return means;
  }

  private void closeProduct() {
    if (product != null) {
      product.close();
      product = null;
    }
  }

  @Override
  public void close() {
    closeProduct();
    forward.close();
  }
}
