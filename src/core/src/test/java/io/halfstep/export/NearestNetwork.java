package io.halfstep.export;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.network.DynamicInputs;
import io.halfstep.network.Padding;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Candidate;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Granularity.Unit;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.quantizer.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Networks quantized in the plainest way: min-max ranges, every weight rounded to nearest. */
public final class NearestNetwork {
  private final StageGraph graph;
  private final List<QuantizedLayer> layers = new ArrayList<>();
  private Map<String, Encoding> activations = Map.of();
  private Target target = Target.ONNXRUNTIME_CPU;

  private NearestNetwork(Model model) {
    this.graph = StageGraph.of(model);
  }

  public static NearestNetwork of(Path model) {
    return new NearestNetwork(Model.read(model));
  }

  public static NearestNetwork of(ModelProto model) {
    return new NearestNetwork(Model.of(Path.of("tiny.onnx"), model));
  }

  public NearestNetwork weights(Grid grid, boolean perChannel) {
    return weights(grid, perChannel ? Granularity.CHANNEL : Granularity.TENSOR);
  }

  /** Per channel in the place of per block where a layer has none. */
  public NearestNetwork weights(Grid grid, Granularity granularity) {
    layers.clear();
    for (Layer layer : graph.layers()) {
      boolean blocks = granularity.unit() == Unit.BLOCK && layer.layout().inputAxis() >= 0;
      layers.add(
          nearest(
              layer,
              grid,
              granularity.unit() != Unit.TENSOR,
              blocks ? granularity.blockSize() : layer.layout().k()));
    }
    return this;
  }

  /** Chooses the encoding of a matrix {@code [out, K]}. */
  interface Choice {
    Encoding of(float[] rows, int out, int k);
  }

  NearestNetwork weights(Choice choice) {
    layers.clear();
    for (Layer layer : graph.layers()) {
      float[] rows = layer.layout().toRows(layer.weight().floats());
      int out = layer.layout().out();
      int k = layer.layout().k();
      layers.add(nearest(layer, rows, choice.of(rows, out, k)));
    }
    return this;
  }

  /** Observes the float network on normally distributed inputs. */
  NearestNetwork activations(Grid grid) {
    return activations(grid, null);
  }

  NearestNetwork activations(Grid grid, @Nullable Map<String, float[]> inputs) {
    ModelProto model = graph.model().proto();
    List<String> tensors = quantizedTensors();
    ModelProto.Builder observed = model.toBuilder();
    for (String tensor : tensors) {
      if (!outputs(model).contains(tensor)) {
        observed.getGraphBuilder().addOutput(TinyModel.info(tensor, 1));
      }
    }
    Map<String, float[]> given = inputs == null ? Execution.inputs(model) : inputs;
    Map<String, double[]> values = Execution.run(observed.build(), OptLevel.ALL_OPT, given);
    Map<String, Encoding> encodings = new LinkedHashMap<>();
    given.forEach((name, x) -> encodings.put(name, minMax(grid, x.length, i -> x[i])));
    for (String tensor : tensors) {
      double[] x = Objects.requireNonNull(values.get(tensor));
      encodings.put(tensor, minMax(grid, x.length, i -> (float) x[i]));
    }
    this.activations = encodings;
    return this;
  }

  NearestNetwork activations(Map<String, Encoding> encodings) {
    this.activations = encodings;
    return this;
  }

  NearestNetwork target(Target target) {
    this.target = target;
    return this;
  }

  /** Leaves all other layers in float. */
  NearestNetwork only(String layer) {
    layers.removeIf(other -> !other.name().equals(layer));
    return this;
  }

  public QuantizedNetwork build() {
    return new QuantizedNetwork(
        graph,
        layers,
        List.of(),
        activations,
        DynamicInputs.NONE,
        Map.of(),
        Map.of(),
        Map.of(),
        target,
        Candidate.NEAREST,
        List.of(),
        List.of(),
        0,
        0,
        Padding.NONE,
        Map.of());
  }

  /** Every tensor that is made, but those that only a Relu or Clip reads, and constants. */
  private List<String> quantizedTensors() {
    ModelProto model = graph.model().proto();
    Map<String, List<String>> readers = new HashMap<>();
    for (NodeProto node : model.getGraph().getNodeList()) {
      for (String input : node.getInputList()) {
        readers.computeIfAbsent(input, k -> new ArrayList<>()).add(node.getOpType());
      }
    }
    List<String> tensors = new ArrayList<>();
    for (NodeProto node : model.getGraph().getNodeList()) {
      for (String output : node.getOutputList()) {
        List<String> by = readers.getOrDefault(output, List.of());
        boolean fused = by.size() == 1 && (by.contains("Relu") || by.contains("Clip"));
        if (!fused && !node.getOpType().equals("Constant")) {
          tensors.add(output);
        }
      }
    }
    return tensors;
  }

  private static List<String> outputs(ModelProto model) {
    return model.getGraph().getOutputList().stream().map(o -> o.getName()).toList();
  }

  static QuantizedLayer nearest(Layer layer, Grid grid, boolean perChannel) {
    return nearest(layer, grid, perChannel, layer.layout().k());
  }

  private static QuantizedLayer nearest(Layer layer, Grid grid, boolean perChannel, int blockSize) {
    int k = layer.layout().k();
    float[] rows = layer.layout().toRows(layer.weight().floats());
    int length = perChannel ? k : rows.length;
    int blocks = perChannel ? (k - 1) / blockSize + 1 : 1;
    float[] scales = new float[rows.length / length * blocks];
    int[] zeros = new int[scales.length];
    for (int i = 0; i < scales.length; i++) {
      int from = i / blocks * length + i % blocks * blockSize;
      int to = perChannel ? Math.min(from + blockSize, (i / blocks + 1) * k) : length;
      Encoding encoding = minMax(grid, to - from, j -> rows[from + j]);
      scales[i] = encoding.scale(0);
      zeros[i] = encoding.zeroPoint(0);
    }
    Encoding encoding = Encoding.perBlock(grid, blockSize, blocks, scales, zeros);
    return nearest(layer, rows, encoding);
  }

  private static QuantizedLayer nearest(Layer layer, float[] rows, Encoding encoding) {
    return new QuantizedLayer(
        layer.name(),
        QuantizedWeight.nearest(rows, layer.layout().out(), layer.layout().k(), encoding),
        layer.bias(),
        "nearest",
        0,
        0,
        0,
        0,
        0,
        "");
  }

  /** Symmetric on a signed grid, else over the range with 0. */
  static Encoding minMax(Grid grid, int length, IntFunction<Float> values) {
    float lowest = 0;
    float highest = 0;
    for (int i = 0; i < length; i++) {
      lowest = Math.min(lowest, values.apply(i));
      highest = Math.max(highest, values.apply(i));
    }
    if (grid.isSigned()) {
      float scale = Math.max(-lowest, highest) / grid.highest();
      return Encoding.perTensor(grid, scale > 0 ? scale : 1, 0);
    }
    float scale = (highest - lowest) / grid.highest();
    return scale > 0
        ? Encoding.perTensor(grid, scale, grid.clamp(Math.round(-lowest / scale)))
        : Encoding.perTensor(grid, 1, 0);
  }
}
