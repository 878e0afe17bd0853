package io.halfstep.export;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.graph.Layer;
import io.halfstep.model.Onnx;
import io.halfstep.model.TensorNames;
import io.halfstep.quantizer.ChannelFactors;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products whose inputs are quantized over the range of their own values, in integers:
 *
 * <pre>
 *   x ─► DynamicQuantizeLinear ─► MatMulInteger ─► Cast ─► Mul by s_x·s_w ─► Add bias
 * </pre>
 *
 * <p>ONNX Runtime joins these to DynamicQuantizeMatMul, or to MatMulIntegerToFloat where several
 * layers read x, which is quantized once. Without optimizations, they compute the same. Weights of
 * up to 4 bits are stored in 4, and cast to bytes when the runtime loads the model.
 */
final class QdqDynamicInputs {
  /** The first opset with DynamicQuantizeLinear. */
  static final int OPSET = 11;

  private record Quantized(String integers, String scale, String zeroPoint) {}

  private final QdqOperators operators;
  private final QdqTables tables;
  private final TensorNames names;
  private final Map<String, Quantized> inputs = new HashMap<>();

  QdqDynamicInputs(QdqOperators operators, QdqTables tables, TensorNames names) {
    this.operators = operators;
    this.tables = tables;
    this.names = names;
  }

  /**
   * Writes a layer's nodes but the last one.
   *
   * @param weight with the factors of its inputs, by which x is divided
   * @return the node that makes the layer's output
   */
  NodeProto product(Layer layer, QuantizedWeight weight, @Nullable Tensor bias) {
    String output = layer.output();
    String name = layer.node().getInput(1);
    ChannelFactors factors = weight.encoding().factors().inverse();
    Quantized x = inputs.computeIfAbsent(layer.input(), tensor -> quantize(tensor, factors));
    String integers = tables.isWeightOf(layer) ? tables.columns(layer) : columns(name, weight);
    String zeroPoint = operators.zeroPoint(name, weight.encoding());
    String sums = names.unique(output + "_sums");
    operators.add(
        Onnx.node(
                "MatMulInteger",
                List.of(x.integers(), integers, x.zeroPoint(), zeroPoint),
                List.of(sums))
            .toBuilder()
            .setName(layer.node().getName())
            .build());
    String reals = names.unique(output + "_sums_float");
    operators.cast(sums, reals, ElementType.FLOAT.onnx());
    String steps = names.unique(output + "_steps");
    operators.add(
        Onnx.node("Mul", List.of(x.scale(), scales(name, weight.encoding())), List.of(steps)));
    if (bias == null) {
      return Onnx.node("Mul", List.of(reals, steps), List.of(output));
    }
    String product = names.unique(output + "_product");
    operators.add(Onnx.node("Mul", List.of(reals, steps), List.of(product)));
    String added = bias == layer.bias() ? layer.node().getInput(2) : corrected(layer, bias);
    return Onnx.node("Add", List.of(product, added), List.of(output));
  }

  private String corrected(Layer layer, Tensor bias) {
    return operators.corrected(layer.node().getInput(2), bias);
  }

  private Quantized quantize(String tensor, ChannelFactors factors) {
    Quantized to =
        new Quantized(
            names.unique(tensor + "_quantized"),
            names.unique(tensor + "_scale"),
            names.unique(tensor + "_zero_point"));
    operators.add(
        Onnx.node(
            "DynamicQuantizeLinear",
            List.of(factors.isNone() ? tensor : operators.divided(tensor, factors)),
            List.of(to.integers(), to.scale(), to.zeroPoint())));
    return to;
  }

  /** Writes a weight's integers {@code [K, out]}; their name, as bytes. */
  private String columns(String name, QuantizedWeight weight) {
    int out = weight.out();
    int[] rows = weight.integers();
    int[] columns = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      columns[i % weight.k() * out + i / weight.k()] = rows[i];
    }
    return operators.bytes(name, weight.encoding().grid(), columns, weight.k(), out);
  }

  private String scales(String name, Encoding encoding) {
    long[] dims = encoding.channels() > 1 ? new long[] {encoding.channels()} : new long[0];
    return operators.constant(Onnx.tensor(names.unique(name + "_scale"), encoding.scales(), dims));
  }
}
