package io.halfstep.papers;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.ranges.WeightRangeMethod;
import io.halfstep.ranges.WeightRanges;
import io.halfstep.rounding.LayerSamples;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.Rounder;
import io.halfstep.rounding.RoundingControl;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.RoundingSolution;
import io.halfstep.stage.LayerInputs;
import io.halfstep.statistics.Moments;
import io.halfstep.statistics.MomentsAccumulator;
import io.halfstep.statistics.SampleReservoir;
import io.halfstep.tensor.ClipFunction;
import io.halfstep.tensor.Patches;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.util.List;
import java.util.Map;

/**
 * Rounds the weights of a network as [A] does: layer after layer, one scale per layer, a symmetric
 * grid, activations in float.
 *
 * @param bits of the weights
 * @param ranges what chooses the scales
 * @param rounder what rounds
 * @param asymmetric whether a layer's input is that of the rounded network ([A] eq. 25), or that of
 *     the float network ([A] eq. 21)
 * @param behindActivation whether the error is that behind the activation function, for rounders
 *     that work from samples
 */
record WeightRounding(
    int bits,
    WeightRangeMethod ranges,
    Rounder rounder,
    boolean asymmetric,
    boolean behindActivation) {
  /** Numbers of a sample that a rounder works from, about: its positions times K. */
  private static final int STORED = 1 << 12;

  /** Columns for each weight of a row in the moments. */
  private static final int COLUMNS_PER_WEIGHT = 64;

  /**
   * Rounds the first layers.
   *
   * @param layers how many
   * @param images to learn from, batch by batch
   * @param seed of all random choices
   * @return the network, with the rounded weights in float
   */
  Model round(StageGraph graph, int layers, List<Tensor> images, long seed) {
    Model rounded = graph.model();
    List<Layer> first = graph.layers().subList(0, layers);
    Map<String, List<Tensor>> inputs =
        LayerInputs.of(rounded, first.stream().map(Layer::input).distinct().toList(), images);
    for (Layer layer : first) {
      List<Tensor> teacher = requireNonNull(inputs.get(layer.input()));
      List<Tensor> student = asymmetric ? LayerInputs.of(rounded, layer.input(), images) : teacher;
      RoundingSolution solution =
          rounder.solve(problem(layer, teacher, student, seed), RoundingControl.NONE);
      rounded = with(rounded, layer, solution.weight().dequantize());
    }
    return rounded;
  }

  /** Poses a layer's problem. */
  RoundingProblem problem(Layer layer, List<Tensor> teacher, List<Tensor> student, long seed) {
    int out = layer.layout().out();
    int k = layer.layout().k();
    float[] weight = layer.layout().toRows(layer.weight().floats());
    long samples = teacher.stream().mapToLong(batch -> batch.dim(0)).sum();
    int perSample = (int) Math.max(16, (long) COLUMNS_PER_WEIGHT * k / samples);
    Patches seen = layer.patches().thinned(Math.max(1, STORED / k));
    SampleReservoir reservoir = new SampleReservoir(Long.MAX_VALUE, seed);
    List<Moments> moments;
    try (MomentsAccumulator accumulator =
        new MomentsAccumulator(
            layer.patches().thinned(perSample), weight, out, student != teacher)) {
      long index = 0;
      for (int i = 0; i < teacher.size(); i++) {
        accumulator.add(teacher.get(i), student.get(i));
        for (int n = 0; n < teacher.get(i).dim(0); n++) {
          Tensor x = StoredColumns.of(seen, teacher.get(i).rows(n, n + 1), index);
          Tensor xHat =
              student == teacher ? x : StoredColumns.of(seen, student.get(i).rows(n, n + 1), index);
          reservoir.add(index++, x, xHat);
        }
      }
      moments = accumulator.finish();
    }
    LayerSamples stored =
        new LayerSamples(
            reservoir,
            new StoredColumns(seen.groups(), k),
            layer.bias() == null ? new float[out] : layer.bias().floats(),
            behindActivation ? layer.activation() : ClipFunction.IDENTITY);
    Encoding encoding =
        ranges.improve(
            WeightRanges.encode(weight, out, k, Grid.signed(bits), Granularity.TENSOR, ranges),
            weight,
            out,
            k,
            moments);
    return new RoundingProblem(
        weight, out, k, encoding, moments, seed, stored, null, Reach.FLOOR_CEIL, false);
  }

  /** Returns a network with another weight {@code [out, K]} for a layer. */
  static Model with(Model model, Layer layer, float[] weight) {
    Tensor tensor = Tensor.of(layer.layout().fromRows(weight), layer.weight().shape());
    ModelProto.Builder proto = model.proto().toBuilder();
    String name = layer.node().getInput(1);
    for (TensorProto.Builder constant : proto.getGraphBuilder().getInitializerBuilderList()) {
      if (constant.getName().equals(name)) {
        constant.clear().mergeFrom(TensorProtos.encode(name, tensor));
        return model.changed(proto.build(), model.batchNorms());
      }
    }
    throw new IllegalArgumentException("no constant '" + name + "', the weight of " + layer.name());
  }
}
