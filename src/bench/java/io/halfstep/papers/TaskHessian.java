package io.halfstep.papers;

import static java.util.Objects.requireNonNull;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.export.opset.OpsetUpgrade;
import io.halfstep.gradient.GradientModel;
import io.halfstep.gradient.TensorTrace;
import io.halfstep.graph.Layer;
import io.halfstep.model.Model;
import io.halfstep.model.Onnx;
import io.halfstep.model.TensorNames;
import io.halfstep.statistics.Moments;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * The Hessian {@code H^(w)} of the task loss in a layer's weights ([A] eq. 13), without labels: of
 * the divergence from the float network's own predictions, {@code E_x KL(p(x) ‖ p(x; w))}. At the
 * float weights it is the Fisher information {@code E_x Σ_c p_c ∇log p_c ∇log p_cᵀ}, and so at the
 * same time the Gauss–Newton matrix.
 */
final class TaskHessian {
  /** Classes that are less probable, by the logarithm, add nothing that matters. */
  private static final double LEAST_LOG = -10;

  private TaskHessian() {}

  /**
   * Computes the matrix of all of a layer's weights, in the order of its rows, as the moments of
   * one row of {@code out·K} weights.
   *
   * @param model a classifier with one input and one output {@code [N, classes]}
   * @param images batch by batch
   */
  static Moments of(Model model, Layer layer, List<Tensor> images) {
    TensorNames names = new TensorNames(model.proto().getGraph());
    String chosen = names.unique("chosen");
    String logs = names.unique("log_probabilities");
    String loss = names.unique("loss");
    String input = model.inputs().get(0).name();
    String weight = layer.node().getInput(1);
    int classes = Math.toIntExact(model.outputs().get(0).shape().get(1));
    ModelProto extended = extended(model, chosen, logs, loss, names.unique("product"));
    Map<String, Tensor> example =
        Map.of(input, images.get(0).rows(0, 1), chosen, oneOf(classes, 0));
    int size = layer.weight().size();
    double[] sum = new double[size * size];
    long count = 0;
    ModelProto backward =
        GradientModel.of(extended, TensorTrace.of(extended, example), loss, List.of(weight));
    try (OnnxProgram program = OnnxProgram.load(backward.toByteArray())) {
      for (Tensor batch : images) {
        for (int n = 0; n < batch.dim(0); n++) {
          count++;
          float[] log = new float[classes];
          for (int c = 0; c < classes; c++) {
            if (log[c] >= LEAST_LOG) {
              Map<String, Tensor> results =
                  program.run(Map.of(input, batch.rows(n, n + 1), chosen, oneOf(classes, c)));
              log = requireNonNull(results.get(logs)).floats();
              Tensor gradient = requireNonNull(results.get(GradientModel.gradientOf(weight)));
              addSquare(sum, Math.exp(log[c]), layer.layout().toRows(gradient.floats()));
            }
          }
        }
      }
    }
    for (int i = 0; i < sum.length; i++) {
      sum[i] /= count;
    }
    return new Moments(size, count, sum, new double[0], new double[0]);
  }

  private static void addSquare(double[] sum, double factor, float[] gradient) {
    for (int i = 0; i < gradient.length; i++) {
      double scaled = factor * gradient[i];
      for (int j = 0; j < gradient.length; j++) {
        sum[i * gradient.length + j] += scaled * gradient[j];
      }
    }
  }

  private static Tensor oneOf(int classes, int c) {
    float[] values = new float[classes];
    values[c] = 1;
    return Tensor.of(values, 1, classes);
  }

  /** Adds the logarithm of the chosen class's probability. */
  private static ModelProto extended(
      Model model, String chosen, String logs, String loss, String product) {
    ModelProto upgraded = OpsetUpgrade.of(model.proto(), 18).model();
    GraphProto.Builder graph = upgraded.getGraph().toBuilder();
    String logits = graph.getOutput(0).getName();
    graph
        .addInput(
            ValueInfoProto.newBuilder()
                .setName(chosen)
                .setType(
                    TypeProto.newBuilder()
                        .setTensorType(
                            TypeProto.Tensor.newBuilder().setElemType(ElementType.FLOAT.onnx()))))
        .addNode(Onnx.node("LogSoftmax", List.of(logits), List.of(logs)))
        .addNode(Onnx.node("Mul", List.of(logs, chosen), List.of(product)))
        .addNode(
            Onnx.node("ReduceSum", List.of(product), List.of(loss), Onnx.attribute("keepdims", 0)))
        .clearOutput()
        .addOutput(ValueInfoProto.newBuilder().setName(logs))
        .addOutput(ValueInfoProto.newBuilder().setName(loss));
    return upgraded.toBuilder().setGraph(graph).build();
  }
}
