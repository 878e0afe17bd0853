package io.halfstep.synthesis;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.model.Onnx;
import io.halfstep.model.TensorNames;
import io.halfstep.statistics.BatchNormStatistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How far the statistics of a batch are from those that a network was trained with: {@code Σ_l
 * ‖μ̂_l − μ_l‖² + ‖σ̂_l − σ_l‖²} ([Z] §3.1), where μ̂ and σ̂ are the mean and the deviation of each
 * channel over the samples and positions of the batch.
 *
 * @param model the network with the loss as its only output
 * @param name the name of the loss, a FLOAT scalar
 */
record StatisticsLoss(ModelProto model, String name) {
  /** The version of ONNX's operators in which the loss is written. */
  static final int OPSET = 18;

  /** Keeps the gradient of the deviation finite in channels that do not vary. */
  private static final float LEAST_VARIANCE = 1e-8f;

  /**
   * Adds the loss to a network.
   *
   * @param model of opset {@value #OPSET} or newer
   * @param statistics at least one, by the name of the tensor, of which axis 1 counts channels
   */
  static StatisticsLoss of(ModelProto model, Map<String, BatchNormStatistics> statistics) {
    return new Nodes(model.getGraph()).loss(model, statistics);
  }

  private static final class Nodes {
    private final GraphProto.Builder graph;
    private final TensorNames names;
    private final String axes;
    private final String leastVariance;

    Nodes(GraphProto graph) {
      this.graph = graph.toBuilder().clearOutput();
      this.names = new TensorNames(graph);
      this.axes = integers("axes", 0, 2);
      this.leastVariance = floats("least_variance", new float[] {LEAST_VARIANCE}, 1);
    }

    StatisticsLoss loss(ModelProto model, Map<String, BatchNormStatistics> statistics) {
      List<String> terms = new ArrayList<>();
      statistics.forEach((tensor, known) -> terms.addAll(terms(tensor, known)));
      String loss = node("Sum", terms);
      graph.addOutput(ValueInfoProto.newBuilder().setName(loss));
      return new StatisticsLoss(model.toBuilder().setGraph(graph).build(), loss);
    }

    private List<String> terms(String tensor, BatchNormStatistics known) {
      int channels = known.mean().length;
      String x = node("Reshape", List.of(tensor, integers("positions", 0, channels, -1)));
      String mean = node("ReduceMean", List.of(x, axes));
      String centered = node("Sub", List.of(x, mean));
      String variance = node("ReduceMean", List.of(node("Mul", List.of(centered, centered)), axes));
      String deviation = node("Sqrt", List.of(node("Add", List.of(variance, leastVariance))));
      return List.of(distance(mean, known.mean()), distance(deviation, known.std()));
    }

    /** {@code ‖x − known‖²}, x being {@code [1, channels, 1]} */
    private String distance(String x, double[] known) {
      float[] values = new float[known.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) known[i];
      }
      String target = floats("known", values, 1, values.length, 1);
      return node(
          "ReduceSumSquare",
          List.of(node("Sub", List.of(x, target))),
          Onnx.attribute("keepdims", 0));
    }

    private String node(String op, List<String> inputs, AttributeProto... attributes) {
      String output = names.unique(op);
      graph.addNode(Onnx.node(op, inputs, List.of(output), attributes));
      return output;
    }

    private String integers(String wish, long... values) {
      return constant(Onnx.tensor(names.unique(wish), values, values.length));
    }

    private String floats(String wish, float[] values, long... shape) {
      return constant(Onnx.tensor(names.unique(wish), values, shape));
    }

    private String constant(TensorProto tensor) {
      graph.addInitializer(tensor);
      return tensor.getName();
    }
  }
}
