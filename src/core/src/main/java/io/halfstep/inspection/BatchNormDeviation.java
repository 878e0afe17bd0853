package io.halfstep.inspection;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.LayerOperators;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxRuntimeException;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import io.halfstep.tensor.TensorValues;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The deviation of the values before a batch norm from its running statistics.
 *
 * @param node the batch norm
 * @param ratio the median over the channels of √(E[(y − μ)²] / σ²); 1 on training data
 */
record BatchNormDeviation(String node, double ratio) {
  private static final double EPSILON = 1e-5;

  /** Returns the deviations at batch norms directly after an input or its first layer. */
  static List<BatchNormDeviation> of(Model model, Map<String, Tensor> inputs) {
    GraphProto graph = model.proto().getGraph();
    Map<String, TensorProto> constants =
        graph.getInitializerList().stream()
            .collect(Collectors.toMap(TensorProto::getName, tensor -> tensor, (a, b) -> a));
    Map<String, NodeProto> makers = new HashMap<>();
    graph.getNodeList().forEach(node -> node.getOutputList().forEach(o -> makers.put(o, node)));
    List<BatchNormDeviation> found = new ArrayList<>();
    for (NodeProto node : graph.getNodeList()) {
      TensorProto mean = node.getInputCount() < 5 ? null : constants.get(node.getInput(3));
      TensorProto variance = node.getInputCount() < 5 ? null : constants.get(node.getInput(4));
      if (!Nodes.is(node, "BatchNormalization") || mean == null || variance == null) {
        continue;
      }
      Set<NodeProto> before = ancestors(node.getInput(0), makers);
      if (before.stream().filter(each -> LayerOperators.of(each) != null).count() > 1) {
        continue;
      }
      try {
        Tensor values = run(model.proto(), before, node.getInput(0), inputs);
        double ratio = ratio(values, TensorProtos.decode(mean), TensorProtos.decode(variance));
        if (Double.isFinite(ratio)) {
          found.add(new BatchNormDeviation(Nodes.name(node), ratio));
        }
      } catch (OnnxRuntimeException | InvalidInputException e) {
        // a model that can't run fails in the run itself, with a better message
        return List.of();
      }
    }
    return found;
  }

  private static Set<NodeProto> ancestors(String tensor, Map<String, NodeProto> makers) {
    Set<NodeProto> nodes = new HashSet<>();
    Deque<String> open = new ArrayDeque<>(List.of(tensor));
    Set<String> seen = new LinkedHashSet<>();
    while (!open.isEmpty()) {
      String name = open.pop();
      NodeProto node = makers.get(name);
      if (seen.add(name) && node != null && nodes.add(node)) {
        open.addAll(Nodes.reads(node));
      }
    }
    return nodes;
  }

  private static Tensor run(
      ModelProto model, Collection<NodeProto> nodes, String output, Map<String, Tensor> inputs) {
    if (nodes.isEmpty()) {
      Tensor input = inputs.get(output);
      if (input == null) {
        throw new InvalidInputException(output + ": is no input");
      }
      return input;
    }
    Set<String> read = new HashSet<>();
    nodes.forEach(node -> read.addAll(Nodes.reads(node)));
    GraphProto all = model.getGraph();
    GraphProto.Builder part =
        all.toBuilder()
            .clearNode()
            .clearOutput()
            .clearInput()
            .clearInitializer()
            .clearValueInfo()
            .addOutput(ValueInfoProto.newBuilder().setName(output));
    all.getNodeList().stream().filter(nodes::contains).forEach(part::addNode);
    all.getInputList().stream().filter(i -> read.contains(i.getName())).forEach(part::addInput);
    all.getInitializerList().stream()
        .filter(tensor -> read.contains(tensor.getName()))
        .forEach(part::addInitializer);
    Map<String, Tensor> fed = new HashMap<>(inputs);
    fed.keySet().retainAll(read);
    try (OnnxProgram program =
        OnnxProgram.load(model.toBuilder().setGraph(part).build().toByteArray())) {
      return program.run(fed, output);
    }
  }

  /** Computes the ratio for values {@code [N, C, …]}. */
  private static double ratio(Tensor values, Tensor mean, Tensor variance) {
    double[] y = TensorValues.doubles(values);
    double[] mu = TensorValues.doubles(mean);
    double[] sigma2 = TensorValues.doubles(variance);
    int channels = mu.length;
    if (values.rank() < 2 || values.dim(1) != channels || y.length == 0) {
      return Double.NaN;
    }
    int inner = Math.toIntExact(y.length / values.dim(0) / channels);
    double[] squares = new double[channels];
    for (int i = 0; i < y.length; i++) {
      int c = i / inner % channels;
      squares[c] += (y[i] - mu[c]) * (y[i] - mu[c]);
    }
    double count = (double) values.dim(0) * inner;
    double[] ratios = new double[channels];
    Arrays.setAll(ratios, c -> Math.sqrt(squares[c] / count / (sigma2[c] + EPSILON)));
    Arrays.sort(ratios);
    return ratios[channels / 2];
  }
}
