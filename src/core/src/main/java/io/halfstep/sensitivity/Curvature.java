package io.halfstep.sensitivity;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.export.opset.OpsetUpgrade;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.gradient.NoGradientException;
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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The curvature of a network's error along each element of some of its tensors: weights, or
 * activations. The error is what a change of them makes of the outputs y, {@code E Σ ‖ŷ − y‖² /
 * ‖y‖²}, the mean over samples of a sum over outputs. At the float network its gradient is 0, and
 * half its Hessian is {@code H/2 = E Σ JᵀJ/‖y‖²}, with J the Jacobian of y with respect to the
 * tensor. The curvature c is the diagonal of H/2, so that a change δ of independent elements makes
 * the error {@code Σ c_i·δ_i²}. It is also that of the Fisher information of normal distributions
 * with mean y and deviation {@code ‖y‖}.
 *
 * <p>Hutchinson's method, here with random signs on the outputs: with v of {@link OutputSigns},
 * {@code E[(vᵀJ)_i²] = c_i}, and {@code E‖vᵀJ‖²} is the trace. For a trace alone, signs on the
 * weights do the same ([H]); those on the outputs need a single gradient for each sample, of all
 * tensors together, and no product with H.
 *
 * <p>A double for each element is held, and the network twice. Not thread-safe.
 */
public final class Curvature implements AutoCloseable {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final Path path;
  private final List<String> tensors;
  private final @Nullable String mask;
  private final long seed;
  private final Set<String> weights = new HashSet<>();
  private final OutputProjection projection;
  private final OnnxProgram forward;
  private final Map<String, Sums> sums = new HashMap<>();
  private long seen;
  private long added;
  private Map<String, List<Long>> shapes = Map.of();
  private @Nullable JacobianProduct product;

  /**
   * Prepares a network.
   *
   * @param tensors the names of its weights or activations
   * @param mask the input that is 0 where samples are padded; null if there is none
   * @param seed of the signs
   * @throws InvalidInputException if it has no output of type FLOAT, or an operator that is too old
   */
  public Curvature(StageGraph graph, List<String> tensors, @Nullable String mask, long seed) {
    this.path = graph.model().path();
    this.tensors = tensors.stream().distinct().toList();
    this.mask = mask;
    this.seed = seed;
    ModelProto network = network(graph.model());
    network.getGraph().getInitializerList().forEach(weight -> weights.add(weight.getName()));
    this.projection = OutputProjection.of(network);
    this.forward = OnnxProgram.load(network.toByteArray());
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
      try {
        product = new JacobianProduct(projection, tensors, example, forward.run(example));
      } catch (NoGradientException e) {
        throw refused(String.valueOf(e.getMessage()));
      }
      shapes = shape;
    }
    return product;
  }

  private void addAlike(List<Map<String, Tensor>> samples, JacobianProduct jacobian) {
    List<List<Tensor>> products = new ArrayList<>(samples.size());
    samples.forEach(sample -> products.add(List.of()));
    List<@Nullable Mask> masks = new ArrayList<>();
    samples.forEach(sample -> masks.add(padding(sample)));
    ParallelSteps.run(
        samples.size(),
        i -> {
          Map<String, Tensor> sample = samples.get(i);
          products.set(i, jacobian.of(sample, signs(sample, seen + i)));
        });
    seen += samples.size();
    for (int i = 0; i < products.size(); i++) {
      if (products.get(i).stream().allMatch(Curvature::isFinite)) {
        add(products.get(i), masks.get(i));
      }
    }
  }

  private void add(List<Tensor> products, @Nullable Mask padding) {
    added++;
    for (int t = 0; t < products.size(); t++) {
      long[] shape = products.get(t).shape();
      sums.computeIfAbsent(
          tensors.get(t), name -> new Sums(shape, padding != null && !weights.contains(name)));
    }
    ParallelSteps.run(
        products.size(),
        t -> requireNonNull(sums.get(tensors.get(t))).add(products.get(t), padding));
  }

  private @Nullable Mask padding(Map<String, Tensor> sample) {
    Tensor positions = mask == null ? null : sample.get(mask);
    return positions == null ? null : Mask.of(positions);
  }

  private Map<String, Tensor> signs(Map<String, Tensor> sample, long number) {
    Random random = new Random(seed * GOLDEN + number);
    Mask padding = padding(sample);
    Map<String, Tensor> signs = new HashMap<>();
    forward
        .run(sample)
        .forEach((output, y) -> signs.put(output, OutputSigns.relative(y, padding, random)));
    return signs;
  }

  private static boolean isFinite(Tensor tensor) {
    for (float value : tensor.floats()) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns the curvature along each element, by tensor. If samples have different shapes or may be
   * padded, that of an activation is the mean over all axes but the last one, which become 1; none
   * is known if the last one is not the same for all samples.
   *
   * @throws InvalidInputException if no sample has a finite gradient
   */
  public Map<String, Tensor> means() {
    if (added == 0) {
      throw refused("of %d samples, none has a finite gradient".formatted(seen));
    }
    Map<String, Tensor> means = new LinkedHashMap<>();
    for (String tensor : tensors) {
      Sums of = requireNonNull(sums.get(tensor));
      if (of.known) {
        means.put(tensor, of.mean(added));
      }
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

  /** Sums of squares over samples, of each element or of each index of the last axis. */
  private static final class Sums {
    private final long[] shape;
    private double[] squares;
    private boolean collapsed;
    private boolean known = true;

    /**
     * @param sequences whether samples are padded: positions then have no meaning of their own
     */
    Sums(long[] shape, boolean sequences) {
      this.shape = shape;
      this.squares = new double[Tensor.elements(shape)];
      if (sequences && shape.length > 1) {
        collapse();
      }
    }

    private void collapse() {
      collapsed = true;
      squares = meansOver(squares, shape, null);
      Arrays.fill(shape, 0, shape.length - 1, 1);
    }

    void add(Tensor product, @Nullable Mask padding) {
      boolean alike = Arrays.equals(product.shape(), shape);
      if (!alike && !collapsed && shape.length > 0) {
        collapse();
      }
      known &= collapsed ? hasChannels(product.shape(), padding) : alike;
      if (!known) {
        return;
      }
      float[] values = product.floats();
      double[] ofSample = new double[values.length];
      for (int i = 0; i < values.length; i++) {
        ofSample[i] = (double) values[i] * values[i];
      }
      double[] more = collapsed ? meansOver(ofSample, product.shape(), padding) : ofSample;
      for (int i = 0; i < squares.length; i++) {
        squares[i] += more[i];
      }
    }

    /** Returns whether the last axis is the same for all samples, and does not count positions. */
    private boolean hasChannels(long[] of, @Nullable Mask padding) {
      return of.length == shape.length
          && of[of.length - 1] == squares.length
          && (padding == null || of.length > 2 || squares.length != padding.size());
    }

    /** Returns the means over all axes but the last one, without padding. */
    private static double[] meansOver(double[] values, long[] shape, @Nullable Mask padding) {
      int channels = (int) shape[shape.length - 1];
      float[] counted = new float[values.length];
      Arrays.fill(counted, 1);
      if (padding != null) {
        padding.clearPadding(counted, shape);
      }
      double positions = 0;
      for (int i = 0; i < counted.length; i += channels) {
        positions += counted[i];
      }
      double[] means = new double[channels];
      for (int i = 0; i < values.length; i++) {
        means[i % channels] += positions == 0 ? 0 : counted[i] * values[i] / positions;
      }
      return means;
    }

    Tensor mean(long count) {
      float[] mean = new float[squares.length];
      for (int i = 0; i < mean.length; i++) {
        mean[i] = (float) (squares[i] / count);
      }
      return Tensor.of(mean, shape);
    }
  }
}
