package io.halfstep.calibration;

import io.halfstep.graph.Stage;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.StageId;
import io.halfstep.stage.QuantizedInput;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The edges between the stages of a graph. Nodes are numbered: {@link #INGRESS}, the stages in
 * their order from 0, and {@link #egress()}.
 *
 * <p>A node's <em>depth</em> is the number of learning layers on the longest path to it, including
 * itself. In the round pass a layer forwards its first batch only after its last one has arrived,
 * so batches arrive at a join in the order of depth: an edge from a less deep producer than another
 * one's waits, and must not block its siblings.
 */
final class Wiring {
  static final int INGRESS = -1;

  /**
   * An edge.
   *
   * @param producer a node
   * @param consumer a node
   * @param inlet the consumer's inlet
   * @param tensors the tensors that it carries
   * @param waits whether it waits for a deeper one in the round pass
   */
  record Edge(int producer, int consumer, int inlet, List<String> tensors, boolean waits) {}

  private final int egress;
  private final List<StageId> ids = new ArrayList<>();
  private final List<Edge> edges = new ArrayList<>();

  /**
   * Creates the edges of a run.
   *
   * @param rounded the layers that are rounded before the round pass begins: these only relay
   */
  Wiring(StageGraph graph, Plan plan, Set<StageId> rounded) {
    List<Stage> stages = graph.stages();
    egress = stages.size();
    ids.add(StageId.INGRESS);
    stages.forEach(stage -> ids.add(new StageId(ids.size(), stage.name())));
    ids.add(new StageId(ids.size(), "output"));
    Map<String, Integer> producers = new HashMap<>();
    int[] depth = new int[egress + 1];
    for (int node = 0; node <= egress; node++) {
      List<String> reads =
          node == egress
              ? graph.model().outputs().stream().map(Model.Port::name).toList()
              : stages.get(node).inputs();
      Map<Integer, List<String>> byProducer = new TreeMap<>();
      for (String tensor : reads) {
        List<String> tensors =
            byProducer.computeIfAbsent(
                producers.getOrDefault(tensor, INGRESS), p -> new ArrayList<>());
        if (!tensors.contains(tensor)) {
          tensors.add(tensor);
        }
      }
      int deepest = 0;
      for (int producer : byProducer.keySet()) {
        deepest = Math.max(deepest, depthOf(producer, depth));
      }
      int inlet = 0;
      for (Map.Entry<Integer, List<String>> edge : byProducer.entrySet()) {
        boolean waits = depthOf(edge.getKey(), depth) < deepest;
        edges.add(new Edge(edge.getKey(), node, inlet++, List.copyOf(edge.getValue()), waits));
      }
      depth[node] = deepest;
      if (node < egress) {
        Stage stage = stages.get(node);
        if (stage instanceof LayerStage
            && plan.layer(stage.name()).isPresent()
            && !rounded.contains(id(node))) {
          depth[node]++;
        }
        for (String output : stage.outputs()) {
          producers.put(output, node);
        }
      }
    }
  }

  /** Returns the stage of a node. */
  StageId id(int node) {
    return ids.get(node - INGRESS);
  }

  private static int depthOf(int node, int[] depth) {
    return node == INGRESS ? 0 : depth[node];
  }

  /** Returns the node after the last stage. */
  int egress() {
    return egress;
  }

  /** Returns the number of edges. */
  int size() {
    return edges.size();
  }

  /** Returns the edges into a node, by inlet. */
  List<Edge> into(int node) {
    return edges.stream().filter(e -> e.consumer() == node).toList();
  }

  /** Returns the edges out of a node. */
  List<Edge> outOf(int node) {
    return edges.stream().filter(e -> e.producer() == node).toList();
  }

  /** Returns the producers of the quantized tensors whose values are observed. */
  static Map<String, Integer> quantizedActivations(StageGraph graph, Plan plan) {
    Map<String, Integer> producers = new HashMap<>();
    for (int node = 0; node < graph.stages().size(); node++) {
      for (String output : graph.stages().get(node).outputs()) {
        producers.put(output, node);
      }
    }
    Map<String, Integer> observed = new LinkedHashMap<>();
    QuantizedInput.of(graph, plan)
        .forEach(
            (tensor, input) -> {
              if (input.observed()) {
                observed.put(tensor, producers.getOrDefault(tensor, INGRESS));
              }
            });
    return observed;
  }
}
