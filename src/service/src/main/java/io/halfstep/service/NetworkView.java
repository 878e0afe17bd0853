package io.halfstep.service;

import io.halfstep.graph.Stage;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.graph.Stage.OperatorStage;
import io.halfstep.graph.StageGraph;
import io.halfstep.protocol.StageId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A job's network as a graph, in JSON.
 *
 * @param stages in topological order, after the input
 */
public record NetworkView(List<Node> stages) {

  /**
   * A stage.
   *
   * @param layer whether it is a layer
   * @param operators its operators in ONNX; of the input none
   * @param reads the names of the stages whose outputs it reads
   */
  public record Node(String name, boolean layer, List<String> operators, List<String> reads) {}

  /** Returns the view of a network. */
  public static NetworkView of(StageGraph graph) {
    String input = StageId.INGRESS.name();
    Map<String, String> makers = new HashMap<>();
    for (Stage stage : graph.stages()) {
      stage.outputs().forEach(tensor -> makers.put(tensor, stage.name()));
    }
    List<Node> nodes = new ArrayList<>();
    nodes.add(new Node(input, false, List.of(), List.of()));
    for (Stage stage : graph.stages()) {
      TreeSet<String> reads = new TreeSet<>();
      stage.inputs().forEach(tensor -> reads.add(makers.getOrDefault(tensor, input)));
      nodes.add(
          new Node(
              stage.name(), stage instanceof LayerStage, operators(stage), List.copyOf(reads)));
    }
    return new NetworkView(nodes);
  }

  private static List<String> operators(Stage stage) {
    if (stage instanceof LayerStage layer) {
      return List.of(layer.layer().op());
    }
    return ((OperatorStage) stage).operators();
  }
}
