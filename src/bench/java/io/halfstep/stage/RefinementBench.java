package io.halfstep.stage;

import static java.util.Objects.requireNonNull;

import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.ranges.WeightRanges;
import io.halfstep.rounding.LayerSamples;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.solver.Rounders;
import io.halfstep.statistics.Moments;
import io.halfstep.statistics.MomentsAccumulator;
import io.halfstep.statistics.PatchBudget;
import io.halfstep.statistics.SampleReservoir;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The error behind the activation function on held-out images, for the layers that have such a
 * function. All solvers get the same problems, made from the float network's inputs. Prints a line
 * of JSON for each solver: {@code RefinementBench MODEL CALIBRATION TEST NORMALIZE BITS SAMPLES
 * SOLVER…}.
 */
final class RefinementBench {
  private static final long RESERVOIR = 64 << 20;
  private static final long TEST_SAMPLES = 256;
  private static final int TEST_POSITIONS = 64;

  private RefinementBench() {}

  public static void main(String[] args) {
    StageGraph graph = StageGraph.of(Model.read(Path.of(args[0])));
    int bits = Integer.parseInt(args[4]);
    long samples = Long.parseLong(args[5]);
    Map<String, List<Tensor>> learned = LayerInputs.of(graph, args[1], args[3], samples);
    Map<String, List<Tensor>> unseen = LayerInputs.of(graph, args[2], args[3], TEST_SAMPLES);
    List<Layer> layers =
        graph.layers().stream().filter(layer -> !layer.activation().isIdentity()).toList();
    List<RoundingProblem> problems =
        layers.stream()
            .map(layer -> problem(layer, learned.get(layer.input()), samples, bits))
            .toList();
    double[] nearest = new double[layers.size()];
    for (int i = 0; i < nearest.length; i++) {
      RoundingSolution solution =
          Rounders.of(RoundingMethod.NEAREST).solve(problems.get(i), RoundingControl.NONE);
      nearest[i] = error(layers.get(i), problems.get(i), solution, unseen);
    }
    for (String solver : Arrays.asList(args).subList(6, args.length)) {
      Rounder rounder =
          Rounders.of(RoundingMethod.valueOf(solver.toUpperCase(Locale.ROOT).replace('-', '_')));
      double ratio = 0;
      double behind = 0;
      double seconds = 0;
      for (int i = 0; i < nearest.length; i++) {
        long start = System.nanoTime();
        RoundingSolution solution = rounder.solve(problems.get(i), RoundingControl.NONE);
        seconds += (System.nanoTime() - start) / 1e9;
        ratio += solution.ratio();
        behind += error(layers.get(i), problems.get(i), solution, unseen) / nearest[i];
      }
      System.out.printf(
          "{\"bits\":%d,\"solver\":\"%s\",\"layers\":%d,\"mean_ratio\":%.4f,\"behind_activation\":%.4f,\"seconds\":%.2f}%n",
          bits, solver, nearest.length, ratio / nearest.length, behind / nearest.length, seconds);
    }
  }

  private static RoundingProblem problem(Layer layer, List<Tensor> input, long samples, int bits) {
    int out = layer.layout().out();
    int k = layer.layout().k();
    float[] weight = layer.layout().toRows(layer.weight().floats());
    Encoding encoding =
        WeightRanges.encode(
            weight, out, k, Grid.signed(bits), Granularity.CHANNEL, new RangeMethod.Mse());
    SampleReservoir reservoir = new SampleReservoir(RESERVOIR, 0);
    List<Moments> moments;
    try (MomentsAccumulator accumulator =
        new MomentsAccumulator(PatchBudget.of(layer.patches(), samples), weight, out, false)) {
      long first = 0;
      for (Tensor batch : input) {
        accumulator.add(batch, batch);
        reservoir.add(first, batch, batch);
        first += batch.dim(0);
      }
      moments = accumulator.finish();
    }
    Tensor bias = layer.bias();
    LayerSamples stored =
        new LayerSamples(
            reservoir,
            layer.patches(),
            bias == null ? new float[out] : bias.floats(),
            layer.activation());
    return new RoundingProblem(
        weight, out, k, encoding, moments, 0, stored, null, Reach.GRID, false);
  }

  /** {@code E‖f_a(W x + b) − f_a(W̃ x + b)‖²}, computed directly. */
  private static double error(
      Layer layer,
      RoundingProblem problem,
      RoundingSolution solution,
      Map<String, List<Tensor>> inputs) {
    float[] rounded = solution.weight().dequantize();
    int k = problem.k();
    int rows = problem.out() / layer.layout().groups();
    double sum = 0;
    long count = 0;
    long first = 0;
    for (Tensor batch : requireNonNull(inputs.get(layer.input()))) {
      Patches.Columns seen = layer.patches().thinned(TEST_POSITIONS).columns(batch.shape(), first);
      first += batch.dim(0);
      int positions = seen.positions();
      count += positions;
      for (int g = 0; g < layer.layout().groups(); g++) {
        float[] columns = new float[k * positions];
        seen.extract(batch.floats(), g * k, k, 0, positions, columns);
        int group = g;
        sum +=
            IntStream.range(0, rows)
                .parallel()
                .mapToDouble(r -> error(problem, group * rows + r, rounded, columns, positions))
                .sum();
      }
    }
    return sum / count;
  }

  private static double error(
      RoundingProblem problem, int row, float[] rounded, float[] columns, int positions) {
    LayerSamples layer = requireNonNull(problem.samples());
    float[] teacher = new float[positions];
    float[] student = new float[positions];
    Arrays.fill(teacher, layer.bias()[row]);
    Arrays.fill(student, layer.bias()[row]);
    for (int j = 0; j < problem.k(); j++) {
      float w = problem.weights()[row * problem.k() + j];
      float q = rounded[row * problem.k() + j];
      for (int n = 0; n < positions; n++) {
        teacher[n] += w * columns[j * positions + n];
        student[n] += q * columns[j * positions + n];
      }
    }
    double sum = 0;
    for (int n = 0; n < positions; n++) {
      double difference =
          layer.activation().apply(teacher[n]) - layer.activation().apply(student[n]);
      sum += difference * difference;
    }
    return sum;
  }
}
