package io.halfstep.report;

import io.halfstep.graph.Stage;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The layout of a stage graph.
 *
 * <p>A node's rank (its row) is the length of the longest way to it, so every edge points down. A
 * node takes the lane (column) of the leftmost node that it reads from, so the trunk of a network
 * is a straight line at the left and each branch has its own lane. An edge that skips ranks runs
 * down a lane that is free on all of them; the edges of one node share it.
 */
final class ReportLayout {
  /**
   * A stage, or an input or output of the graph.
   *
   * @param label the stage's name, or the tensor's
   * @param stage null for inputs and outputs of the graph
   */
  record Node(String label, @Nullable Stage stage, int rank, int lane) {}

  /**
   * From one node to another.
   *
   * @param lane its lane on the ranks between the two; meaningless between adjacent ranks
   */
  record Edge(Node from, Node to, int lane) {}

  private final List<Vertex> vertices = new ArrayList<>();
  private final List<BitSet> takenRanks = new ArrayList<>();

  private static final class Vertex {
    final String label;
    final @Nullable Stage stage;
    final Set<Vertex> readsFrom = new LinkedHashSet<>();
    final Set<Vertex> readBy = new LinkedHashSet<>();
    int rank;
    int height;
    int lane;
    int skipLane;

    Vertex(String label, @Nullable Stage stage) {
      this.label = label;
      this.stage = stage;
    }
  }

  private final List<Node> nodes = new ArrayList<>();
  private final List<Edge> edges = new ArrayList<>();

  ReportLayout(StageGraph graph) {
    connect(graph);
    rank();
    vertices.stream()
        .sorted(
            Comparator.<Vertex>comparingInt(v -> v.rank)
                .thenComparing(Comparator.<Vertex>comparingInt(v -> v.height).reversed()))
        .forEach(this::placeNode);
    vertices.stream().sorted(Comparator.comparingInt(this::skips)).forEach(this::placeSkip);
    publish();
  }

  List<Node> nodes() {
    return nodes;
  }

  List<Edge> edges() {
    return edges;
  }

  int ranks() {
    return vertices.stream().mapToInt(v -> v.rank + 1).max().orElse(0);
  }

  int lanes() {
    return takenRanks.size();
  }

  private void connect(StageGraph graph) {
    Map<String, Vertex> makers = new LinkedHashMap<>();
    Set<String> made = new LinkedHashSet<>();
    graph.stages().forEach(stage -> made.addAll(stage.outputs()));
    for (Stage stage : graph.stages()) {
      for (String input : stage.inputs()) {
        if (!made.contains(input)) {
          makers.computeIfAbsent(input, name -> vertex(name, null));
        }
      }
    }
    for (Stage stage : graph.stages()) {
      Vertex vertex = vertex(stage.name(), stage);
      stage.outputs().forEach(output -> makers.put(output, vertex));
    }
    for (Vertex reader : List.copyOf(vertices)) {
      if (reader.stage != null) {
        reader.stage.inputs().forEach(input -> link(makers.get(input), reader));
      }
    }
    for (Model.Port output : graph.model().outputs()) {
      link(makers.get(output.name()), vertex(output.name(), null));
    }
  }

  private Vertex vertex(String label, @Nullable Stage stage) {
    Vertex vertex = new Vertex(label, stage);
    vertices.add(vertex);
    return vertex;
  }

  private static void link(@Nullable Vertex maker, Vertex reader) {
    if (maker != null) {
      reader.readsFrom.add(maker);
      maker.readBy.add(reader);
    }
  }

  /** Vertices are in topological order: inputs, stages, outputs. */
  private void rank() {
    for (Vertex v : vertices) {
      v.rank = v.readsFrom.stream().mapToInt(m -> m.rank + 1).max().orElse(0);
    }
    for (int i = vertices.size() - 1; i >= 0; i--) {
      Vertex v = vertices.get(i);
      v.height = v.readBy.stream().mapToInt(r -> r.height + 1).max().orElse(0);
    }
  }

  private void placeNode(Vertex v) {
    int wanted = v.readsFrom.stream().mapToInt(m -> m.lane).min().orElse(0);
    v.lane = take(wanted, v.rank, v.rank + 1);
  }

  private int skips(Vertex v) {
    return v.readBy.stream().mapToInt(r -> r.rank - v.rank - 1).max().orElse(0);
  }

  private void placeSkip(Vertex v) {
    int skips = skips(v);
    if (skips > 0) {
      v.skipLane = take(v.lane, v.rank + 1, v.rank + 1 + skips);
    }
  }

  /** Takes the lane nearest to the wanted one that is free on ranks {@code [from, to)}. */
  private int take(int wanted, int from, int to) {
    for (int distance = 0; ; distance++) {
      for (int lane : new int[] {wanted + distance, wanted - distance}) {
        if (lane >= 0 && free(lane, from, to)) {
          while (takenRanks.size() <= lane) {
            takenRanks.add(new BitSet());
          }
          takenRanks.get(lane).set(from, to);
          return lane;
        }
      }
    }
  }

  private boolean free(int lane, int from, int to) {
    if (lane >= takenRanks.size()) {
      return true;
    }
    int taken = takenRanks.get(lane).nextSetBit(from);
    return taken < 0 || taken >= to;
  }

  private void publish() {
    Map<Vertex, Node> published = new HashMap<>();
    for (Vertex v : vertices) {
      Node node = new Node(v.label, v.stage, v.rank, v.lane);
      nodes.add(node);
      published.put(v, node);
      for (Vertex maker : v.readsFrom) {
        edges.add(new Edge(Objects.requireNonNull(published.get(maker)), node, maker.skipLane));
      }
    }
  }
}
