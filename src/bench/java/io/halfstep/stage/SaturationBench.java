package io.halfstep.stage;

import static java.util.Objects.requireNonNull;

import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.PairBound;
import io.halfstep.statistics.Decibels;
import io.halfstep.statistics.Moments;
import io.halfstep.statistics.MomentsAccumulator;
import io.halfstep.statistics.PatchBudget;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a layer loses by weights that don't saturate on processors without VNNI: with 8 bits and no
 * bound, 7 bits, and 8 bits with {@code |w₁| + |w₂| ≤ 128} for the neighbours that a kernel adds in
 * 16 bits. Each channel has the scale of the least output error, weights are rounded to nearest and
 * pairs projected onto the bound. Prints a Markdown table of the output's SQNR, with inputs in
 * float and in 8 bits: {@code SaturationBench MODEL CALIBRATION NORMALIZE SAMPLES}.
 */
final class SaturationBench {
  private static final int PAIR = 128;
  private static final int RANGES = 64;

  private enum Bound {
    BITS_8(127),
    BITS_7(63),
    PAIRS(127);

    private final int highest;

    Bound(int highest) {
      this.highest = highest;
    }
  }

  private SaturationBench() {}

  public static void main(String[] args) {
    StageGraph graph = StageGraph.of(Model.read(Path.of(args[0])));
    long samples = Long.parseLong(args[3]);
    Map<String, List<Tensor>> inputs = LayerInputs.of(graph, args[1], args[2], samples);
    System.out.println(
        "| layer | 8 bits | 7 bits | pairs | input too: 8 bits | 7 bits | pairs |\n|---|---|---|---|---|---|---|");
    List<double[]> all = new ArrayList<>();
    for (Layer layer : graph.layers()) {
      if (layer.operator().hasIntegerKernel() && addsPairs(layer)) {
        List<Tensor> input = requireNonNull(inputs.get(layer.input()));
        double[] figures =
            Stream.of(input, rounded(input))
                .map(student -> moments(layer, input, student, samples))
                .flatMapToDouble(
                    moments ->
                        Arrays.stream(Bound.values())
                            .mapToDouble(bound -> decibels(layer, moments, bound)))
                .toArray();
        print(layer.name(), figures);
        all.add(figures);
      }
    }
    print(
        "mean",
        IntStream.range(0, all.get(0).length)
            .mapToDouble(i -> all.stream().mapToDouble(f -> f[i]).average().orElseThrow())
            .toArray());
  }

  private static void print(String name, double[] figures) {
    System.out.printf(
        "| %s | %s |%n",
        name,
        Arrays.stream(figures).mapToObj("%.1f"::formatted).collect(Collectors.joining(" | ")));
  }

  private static boolean addsPairs(Layer layer) {
    int groups = layer.layout().groups();
    return PairBound.isFor(layer.inputChannels() / groups, layer.layout().out() / groups);
  }

  /** Rounds a tensor to 8 bits over its range. */
  private static List<Tensor> rounded(List<Tensor> batches) {
    float lowest = 0;
    float highest = 0;
    for (Tensor batch : batches) {
      for (float x : batch.floats()) {
        lowest = Math.min(lowest, x);
        highest = Math.max(highest, x);
      }
    }
    Grid grid = Grid.unsigned(8);
    float scale = (highest - lowest) / grid.highest();
    Encoding encoding = Encoding.perTensor(grid, scale, Math.round(-lowest / scale));
    return batches.stream()
        .map(
            batch -> {
              float[] to = new float[batch.size()];
              encoding.roundTrip(batch.floats(), to);
              return Tensor.of(to, batch.shape());
            })
        .toList();
  }

  private static List<Moments> moments(
      Layer layer, List<Tensor> teacher, List<Tensor> student, long samples) {
    float[] weight = layer.layout().toRows(layer.weight().floats());
    try (MomentsAccumulator accumulator =
        new MomentsAccumulator(
            PatchBudget.of(layer.patches(), samples),
            weight,
            layer.layout().out(),
            teacher != student)) {
      for (int i = 0; i < teacher.size(); i++) {
        accumulator.add(teacher.get(i), student.get(i));
      }
      return accumulator.finish();
    }
  }

  private static double decibels(Layer layer, List<Moments> moments, Bound bound) {
    int k = layer.layout().k();
    int rows = layer.layout().out() / layer.layout().groups();
    float[] weight = layer.layout().toRows(layer.weight().floats());
    double signal = 0;
    double noise = 0;
    for (int row = 0; row < layer.layout().out(); row++) {
      Moments of = moments.get(row / rows);
      signal += of.signal(row % rows, weight, row * k);
      noise += leastLoss(layer, weight, row, of, row % rows, bound);
    }
    return Decibels.of(signal, noise);
  }

  /** Returns the least output error of a row over scales. */
  private static double leastLoss(
      Layer layer, float[] weight, int row, Moments moments, int rowOfGroup, Bound bound) {
    int k = layer.layout().k();
    double greatest = 0;
    for (int j = 0; j < k; j++) {
      greatest = Math.max(greatest, Math.abs(weight[row * k + j]));
    }
    double widest = greatest / (bound == Bound.BITS_8 ? 127 : 63);
    // pairs may have any scale of the other two
    int ranges = bound == Bound.PAIRS ? 3 * RANGES / 2 : RANGES;
    return IntStream.rangeClosed(0, ranges)
        .parallel()
        .mapToObj(i -> widest * (1 - i / (2.0 * RANGES)))
        .mapToDouble(scale -> loss(layer, weight, row, moments, rowOfGroup, bound, scale))
        .min()
        .orElseThrow();
  }

  private static double loss(
      Layer layer,
      float[] weight,
      int row,
      Moments moments,
      int rowOfGroup,
      Bound bound,
      double scale) {
    int k = layer.layout().k();
    long[] q = new long[k];
    for (int j = 0; j < k; j++) {
      long rounded = scale > 0 ? (long) Math.rint(weight[row * k + j] / scale) : 0;
      q[j] = Math.max(-bound.highest - 1, Math.min(bound.highest, rounded));
    }
    if (bound == Bound.PAIRS) {
      int[] order = kernelOrder(layer);
      for (int t = 0; t + 1 < k; t += 2) {
        project(q, order[t], order[t + 1]);
      }
    }
    double[] d = new double[k];
    for (int j = 0; j < k; j++) {
      d[j] = q[j] * scale - weight[row * k + j];
    }
    return moments.loss(rowOfGroup, d);
  }

  /** The nearest pair within the bound: both lose half of what is too much, but not their sign. */
  private static void project(long[] q, int i, int j) {
    long excess = Math.abs(q[i]) + Math.abs(q[j]) - PAIR;
    if (excess > 0) {
      long first = Math.min(Math.abs(q[i]), excess / 2);
      long second = Math.min(Math.abs(q[j]), excess - first);
      first = excess - second;
      q[i] -= Long.signum(q[i]) * first;
      q[j] -= Long.signum(q[j]) * second;
    }
  }

  /** Columns of a row in the order in which kernels add them: channels inside positions. */
  private static int[] kernelOrder(Layer layer) {
    int k = layer.layout().k();
    int channels = layer.inputChannels() / layer.layout().groups();
    int positions = k / channels;
    return IntStream.range(0, k).map(t -> t % channels * positions + t / channels).toArray();
  }
}
