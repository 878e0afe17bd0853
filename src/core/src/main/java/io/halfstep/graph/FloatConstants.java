package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.halfstep.model.Constants;
import io.halfstep.model.Nodes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The constants of a network that stay in float: embeddings, recurrent weights, layers in bodies.
 *
 * @param parts by the node that reads them, those with the most bytes first
 */
public record FloatConstants(List<Part> parts) {
  /** A file of which more stays in float shrinks little. */
  private static final double LARGE = 0.2;

  /** A smaller share of a file is not named. */
  private static final double SMALL = 0.05;

  private static final int MOST_NAMES = 3;

  /** The constants of a node; of several that read one, the first has it. */
  public record Part(String node, String op, long bytes) {}

  /**
   * Finds all that are neither weight nor bias of a layer.
   *
   * @param stored those that are stored as integers
   */
  public static FloatConstants of(StageGraph graph, List<StoredConstant> stored) {
    Map<String, TensorProto> open = new HashMap<>();
    for (TensorProto tensor : graph.model().proto().getGraph().getInitializerList()) {
      open.put(tensor.getName(), tensor);
    }
    for (Layer layer : graph.layers()) {
      layer.node().getInputList().forEach(open::remove);
    }
    stored.forEach(constant -> open.remove(constant.name()));
    List<Part> parts = new ArrayList<>();
    for (NodeProto node : graph.model().proto().getGraph().getNodeList()) {
      List<TensorProto> constants = new ArrayList<>(Constants.within(node));
      for (String name : Nodes.reads(node)) {
        TensorProto tensor = open.remove(name);
        if (tensor != null) {
          constants.add(tensor);
        }
      }
      long bytes = constants.stream().mapToLong(Constants::bytes).sum();
      if (bytes > 0) {
        parts.add(new Part(Nodes.name(node), node.getOpType(), bytes));
      }
    }
    parts.sort(Comparator.comparingLong(Part::bytes).reversed());
    return new FloatConstants(List.copyOf(parts));
  }

  /** Returns the bytes of all. */
  public long bytes() {
    return parts.stream().mapToLong(Part::bytes).sum();
  }

  /** Says why a file shrinks little; empty if it does not. */
  public Optional<String> whyLittle(long fileBytes) {
    if (bytes() < LARGE * fileBytes) {
      return Optional.empty();
    }
    String greatest =
        parts.stream()
            .filter(part -> part.bytes() >= SMALL * fileBytes)
            .limit(MOST_NAMES)
            .map(part -> describe(part, fileBytes))
            .collect(Collectors.joining(", "));
    return Optional.of(
        "the file shrinks little, %s of it stays in float%s"
            .formatted(percent(bytes(), fileBytes), greatest.isEmpty() ? "" : ": " + greatest));
  }

  private static String describe(Part part, long fileBytes) {
    return "%s '%s' is %s"
        .formatted(
            part.op().equals("Gather") ? "the embedding table of Gather" : part.op(),
            part.node(),
            percent(part.bytes(), fileBytes));
  }

  private static String percent(long part, long whole) {
    return Math.round(100.0 * part / whole) + " %";
  }
}
