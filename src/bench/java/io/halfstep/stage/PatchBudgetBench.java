package io.halfstep.stage;

import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.ranges.WeightRanges;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingMethod;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.rounding.solver.Rounders;
import io.halfstep.statistics.Moments;
import io.halfstep.statistics.MomentsAccumulator;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The number of patches needed: rounds the layers of a network from several numbers of patches per
 * weight of a row, and measures their error on all patches, divided by the error of rounding from
 * all. Prints a line of JSON for each number: {@code PatchBudgetBench MODEL DATA NORMALIZE BITS
 * SAMPLES}.
 */
final class PatchBudgetBench {
  private static final int[] PER_WEIGHT = {8, 16, 32, 64, 128, 256, 512};

  private PatchBudgetBench() {}

  public static void main(String[] args) {
    StageGraph graph = StageGraph.of(Model.read(Path.of(args[0])));
    int bits = Integer.parseInt(args[3]);
    long samples = Long.parseLong(args[4]);
    Map<String, List<Tensor>> inputs = LayerInputs.of(graph, args[1], args[2], samples);
    double[] sum = new double[PER_WEIGHT.length];
    double[] worst = new double[PER_WEIGHT.length];
    double[] positions = new double[PER_WEIGHT.length];
    int layers = 0;
    double all = 0;
    for (Layer layer : graph.layers()) {
      float[] weight = layer.layout().toRows(layer.weight().floats());
      List<Tensor> input = inputs.get(layer.input());
      List<Moments> whole = moments(layer, layer.patches(), weight, input);
      double best = loss(layer, weight, solve(layer, weight, whole, bits), whole);
      all += whole.get(0).positions();
      layers++;
      for (int i = 0; i < PER_WEIGHT.length; i++) {
        long budget = (long) PER_WEIGHT[i] * layer.layout().k();
        Patches thinned = layer.patches().thinned((int) ((budget + samples - 1) / samples));
        List<Moments> few = moments(layer, thinned, weight, input);
        double ratio = loss(layer, weight, solve(layer, weight, few, bits), whole) / best;
        sum[i] += ratio;
        worst[i] = Math.max(worst[i], ratio);
        positions[i] += few.get(0).positions();
      }
    }
    for (int i = 0; i < PER_WEIGHT.length; i++) {
      System.out.printf(
          "{\"patches_per_weight\":%d,\"bits\":%d,\"layers\":%d,\"loss\":%.4f,\"worst\":%.4f,\"positions\":%.3f}%n",
          PER_WEIGHT[i], bits, layers, sum[i] / layers, worst[i], positions[i] / all);
    }
  }

  private static List<Moments> moments(
      Layer layer, Patches patches, float[] weight, List<Tensor> input) {
    try (MomentsAccumulator accumulator =
        new MomentsAccumulator(patches, weight, layer.layout().out(), false)) {
      input.forEach(batch -> accumulator.add(batch, batch));
      return accumulator.finish();
    }
  }

  private static RoundingSolution solve(
      Layer layer, float[] weight, List<Moments> moments, int bits) {
    int out = layer.layout().out();
    int k = layer.layout().k();
    Encoding encoding =
        WeightRanges.encode(
            weight, out, k, Grid.signed(bits), Granularity.CHANNEL, new RangeMethod.Mse());
    return Rounders.of(RoundingMethod.LATTICE, Effort.NORMAL)
        .solve(
            new RoundingProblem(
                weight, out, k, encoding, moments, 0, null, null, Reach.GRID, false),
            RoundingControl.NONE);
  }

  /** Returns the solution's error on these moments. */
  private static double loss(
      Layer layer, float[] weight, RoundingSolution solution, List<Moments> moments) {
    int k = layer.layout().k();
    int rowsPerGroup = layer.layout().out() / layer.layout().groups();
    float[] rounded = solution.weight().dequantize();
    double loss = 0;
    double[] difference = new double[k];
    for (int row = 0; row < layer.layout().out(); row++) {
      for (int i = 0; i < k; i++) {
        difference[i] = (double) weight[row * k + i] - rounded[row * k + i];
      }
      loss += moments.get(row / rowsPerGroup).loss(row % rowsPerGroup, difference);
    }
    return loss;
  }
}
