package io.halfstep.sensitivity;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.model.Onnx;
import io.halfstep.model.TensorNames;
import io.halfstep.tensor.ElementType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A network with {@code Σ vᵀy} over its outputs y as its only output. Its gradient is {@code vᵀJ},
 * where J is the Jacobian of the outputs.
 *
 * @param model the network, with an input more for each vector
 * @param name the name of the sum, a FLOAT scalar
 * @param vectors the input with each output's vector, of the output's shape
 */
record OutputProjection(ModelProto model, String name, Map<String, String> vectors) {
  /** The version of ONNX's operators in which the sum is written. */
  static final int OPSET = 18;

  /**
   * Adds the sum to a network.
   *
   * @param model of opset {@value #OPSET} or newer, with outputs of type FLOAT
   */
  static OutputProjection of(ModelProto model) {
    GraphProto.Builder graph = model.getGraph().toBuilder().clearOutput();
    TensorNames names = new TensorNames(model.getGraph());
    Map<String, String> vectors = new LinkedHashMap<>();
    List<String> terms = new ArrayList<>();
    for (ValueInfoProto output : model.getGraph().getOutputList()) {
      String vector = names.unique("vector");
      String product = names.unique("product");
      String term = names.unique("term");
      ValueInfoProto.Builder input = ValueInfoProto.newBuilder().setName(vector);
      input.getTypeBuilder().getTensorTypeBuilder().setElemType(ElementType.FLOAT.onnx());
      graph
          .addInput(input)
          .addNode(Onnx.node("Mul", List.of(output.getName(), vector), List.of(product)))
          .addNode(
              Onnx.node(
                  "ReduceSum", List.of(product), List.of(term), Onnx.attribute("keepdims", 0)));
      vectors.put(output.getName(), vector);
      terms.add(term);
    }
    String sum = names.unique("projection");
    graph
        .addNode(Onnx.node("Sum", terms, List.of(sum)))
        .addOutput(ValueInfoProto.newBuilder().setName(sum));
    return new OutputProjection(model.toBuilder().setGraph(graph).build(), sum, vectors);
  }
}
