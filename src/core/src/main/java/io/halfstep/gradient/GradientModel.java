package io.halfstep.gradient;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.model.Nodes;
import io.halfstep.model.Onnx;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorValues;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A model that computes, beside its outputs, the gradient of one of its tensors, a scalar loss.
 *
 * <p>It is made for the shapes of a {@link TensorTrace}: shapes, axes and sizes are constants of
 * the backward nodes. Rounding is straight-through: {@code Round}, and {@code QuantizeLinear} with
 * {@code DequantizeLinear}, have the gradient of the identity within their range, and steps have
 * that of LSQ (Esser et al. 2020, arXiv 1902.08153).
 */
public final class GradientModel {
  /** The oldest version of ONNX's operators: its ScatterElements sums what meets. */
  public static final int LEAST_OPSET = 16;

  private GradientModel() {}

  /** Returns whether an operator has a gradient. */
  public static boolean differentiates(NodeProto node) {
    return OperatorGradients.of(node) != null;
  }

  /** Returns the name of the output with a tensor's gradient. */
  public static String gradientOf(String tensor) {
    return tensor + "/gradient";
  }

  /**
   * Adds the gradient of {@code loss} with respect to the wanted tensors.
   *
   * @param model with nodes in topological order and of opset {@value #LEAST_OPSET} or newer
   * @param trace of a run of the model with the shapes that it will have
   * @param loss the name of a FLOAT tensor with one element
   * @param wanted names of FLOAT tensors: inputs, initializers or results of nodes
   * @return the model with an output {@link #gradientOf} for each wanted tensor, of the tensor's
   *     shape; zeros where the loss does not depend on it
   * @throws NoGradientException if an operator between them has no gradient
   */
  public static ModelProto of(
      ModelProto model, TensorTrace trace, String loss, Collection<String> wanted) {
    if (Onnx.opset(model) < LEAST_OPSET) {
      throw new IllegalArgumentException(
          "opset %d, expected %d or newer".formatted(Onnx.opset(model), LEAST_OPSET));
    }
    if (Tensor.elements(trace.shape(loss)) != 1) {
      throw new IllegalArgumentException("the loss '" + loss + "' is not a scalar");
    }
    List<NodeProto> nodes = model.getGraph().getNodeList();
    Set<String> needed = new HashSet<>(wanted);
    for (NodeProto node : nodes) {
      if (Nodes.reads(node).stream().anyMatch(needed::contains)) {
        Nodes.makes(node).stream()
            .filter(made -> isDifferentiable(trace.type(made)))
            .forEach(needed::add);
      }
    }
    BackwardPass pass = new BackwardPass(model, trace, needed);
    pass.give(loss, pass.reshape(pass.scalar(1), trace.shape(loss)));
    for (int i = nodes.size() - 1; i >= 0; i--) {
      NodeProto node = nodes.get(i);
      if (Nodes.makes(node).stream().anyMatch(pass::has)
          && Nodes.reads(node).stream().anyMatch(pass::needs)) {
        OperatorGradient gradient = OperatorGradients.of(node);
        if (gradient == null) {
          throw new NoGradientException(node, "");
        }
        requireSingle(node, trace);
        gradient.add(node, pass);
      }
    }
    GraphProto.Builder graph = model.getGraph().toBuilder();
    for (String tensor : wanted) {
      String result = gradientOf(tensor);
      pass.finish(tensor, result);
      graph.addOutput(ValueInfoProto.newBuilder().setName(result));
    }
    return model.toBuilder()
        .setGraph(graph.addAllNode(pass.nodes()).addAllInitializer(pass.constants()))
        .build();
  }

  private static void requireSingle(NodeProto node, TensorTrace trace) {
    for (String made : Nodes.makes(node)) {
      ElementType type = trace.type(made);
      if (TensorValues.isFloat(type) && type != ElementType.FLOAT) {
        throw new NoGradientException(node, " in " + type);
      }
    }
  }

  /** Returns whether it is a type of numbers, or of quantized ones; others hold positions. */
  private static boolean isDifferentiable(ElementType type) {
    return switch (type) {
      case INT8, UINT8, INT16, UINT16 -> true;
      default -> TensorValues.isFloat(type);
    };
  }
}
