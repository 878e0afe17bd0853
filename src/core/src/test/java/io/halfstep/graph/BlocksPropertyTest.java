package io.halfstep.graph;

import static io.halfstep.graph.StageGraphRunner.get;
import static io.halfstep.graph.StageGraphRunner.maxDifference;
import static io.halfstep.graph.StageGraphRunner.noise;
import static io.halfstep.graph.StageGraphRunner.runWhole;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.model.TensorTypes;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for the blocks of any network. */
class BlocksPropertyTest {
  private static final int MOST_NODES = 24;
  private static final int CHAIN = 3;

  @Property(tries = 300, seed = "5")
  void blocksOfRandomNetworks(@ForAll long seed) {
    StageGraph network = StageGraph.of(randomNetwork(new Random(seed)));
    List<Block> blocks = Blocks.of(network);

    checkNodes(network, blocks);
    checkInputs(network, blocks);
    checkNoCutIsMissed(network, blocks);
    checkOutputs(network, blocks, Map.of("x", noise(2, 4), "mask", noise(2, 4)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet14", "mobilenetv2"})
  void blocksOfTheBundledNetworks(String name) {
    StageGraph network =
        StageGraph.of(Model.read(Path.of("src/examples/fashion-mnist/" + name + ".onnx")));
    List<Block> blocks = Blocks.of(network);

    checkNodes(network, blocks);
    checkInputs(network, blocks);
    checkNoCutIsMissed(network, blocks);
    checkOutputs(network, blocks, Map.of("image", noise(3, 1, 28, 28)));
  }

  private static void checkNodes(StageGraph network, List<Block> blocks) {
    assertThat(blocks.stream().flatMap(block -> block.nodes().stream()))
        .containsExactlyInAnyOrderElementsOf(network.model().proto().getGraph().getNodeList());
    assertThat(blocks.stream().flatMap(block -> block.layers().stream()))
        .containsExactlyInAnyOrderElementsOf(network.layers());
    assertThat(blocks.get(0).layers()).isEmpty();
    assertThat(blocks.subList(1, blocks.size())).noneMatch(block -> block.layers().isEmpty());
  }

  private static void checkInputs(StageGraph network, List<Block> blocks) {
    Set<String> fromFirst = new HashSet<>(blocks.get(0).outputs());
    network.model().inputs().forEach(input -> fromFirst.add(input.name()));
    Set<String> before = Set.of();
    for (Block block : blocks) {
      List<String> entries =
          block.inputs().stream().filter(name -> !fromFirst.contains(name)).toList();
      assertThat(entries).as(block.toString()).hasSizeLessThan(2).isSubsetOf(before);
      before = Set.copyOf(block.outputs());
    }
  }

  /** A block of more layers than a chain has cannot be cut between two of them. */
  private static void checkNoCutIsMissed(StageGraph network, List<Block> blocks) {
    List<NodeProto> all = network.model().proto().getGraph().getNodeList();
    List<NodeProto> layers = network.layers().stream().map(Layer::node).toList();
    Map<NodeProto, Integer> depth = depth(all, layers);
    int greatest = Collections.max(depth.values());
    List<NodeProto> deepest = all.stream().filter(node -> depth.get(node) == greatest).toList();
    for (Block block : blocks) {
      if (block.layers().size() <= CHAIN) {
        continue;
      }
      for (NodeProto node : block.nodes()) {
        String tensor = node.getOutput(0);
        Set<NodeProto> after = descendants(all, tensor);
        if (after.containsAll(deepest)
            && block.layers().stream().anyMatch(layer -> after.contains(layer.node()))) {
          assertThat(all)
              .as("%s would cut %s", tensor, block.layers())
              .anyMatch(
                  other ->
                      depth.get(other) > 0
                          && !other.equals(node)
                          && !after.contains(other)
                          && after.stream().anyMatch(reader -> reads(reader, other)));
        }
      }
    }
  }

  /** The number of layers on the longest path to each node. */
  private static Map<NodeProto, Integer> depth(List<NodeProto> all, List<NodeProto> layers) {
    Map<NodeProto, Integer> depth = new HashMap<>();
    for (NodeProto node : all) {
      int before =
          depth.keySet().stream()
              .filter(other -> reads(node, other))
              .mapToInt(depth::get)
              .max()
              .orElse(0);
      depth.put(node, before + (layers.contains(node) ? 1 : 0));
    }
    return depth;
  }

  private static Set<NodeProto> descendants(List<NodeProto> all, String tensor) {
    Set<NodeProto> descendants = new HashSet<>();
    for (NodeProto node : all) {
      if (node.getInputList().contains(tensor)
          || descendants.stream().anyMatch(other -> reads(node, other))) {
        descendants.add(node);
      }
    }
    return descendants;
  }

  private static boolean reads(NodeProto node, NodeProto other) {
    return node.getInputList().contains(other.getOutput(0));
  }

  /** Block after block in ONNX Runtime, against the network as a whole. */
  private static void checkOutputs(
      StageGraph network, List<Block> blocks, Map<String, Tensor> inputs) {
    Programs programs = programs(network);
    Map<String, Tensor> tensors = new HashMap<>(inputs);
    for (Block block : blocks) {
      if (!block.outputs().isEmpty()) {
        Map<String, Tensor> fed = new HashMap<>();
        block.inputs().forEach(name -> fed.put(name, get(tensors, name)));
        byte[] program = programs.operators(block.nodes(), block.inputs(), block.outputs());
        try (OnnxProgram loaded = OnnxProgram.load(program)) {
          tensors.putAll(loaded.run(fed, block.outputs()));
        }
      }
    }
    runWhole(network.model(), inputs)
        .forEach(
            (name, expected) ->
                assertThat(maxDifference(get(tensors, name), expected)).as(name).isLessThan(1e-4));
  }

  private static Programs programs(StageGraph network) {
    NodeIndex index = new NodeIndex(network.model(), network.taken());
    Set<String> made = new HashSet<>();
    for (int i = 0; i < index.size(); i++) {
      made.addAll(Nodes.makes(index.node(i)));
    }
    Map<String, ElementType> types = new HashMap<>();
    TensorTypes.infer(network.model(), made)
        .forEach((name, port) -> types.put(name, requireNonNull(port.type())));
    return new Programs(network.model().proto(), index.initializers(), types);
  }

  /** Of layers, sums, masks and activation functions; each reads mostly the node before it. */
  private static Model randomNetwork(Random random) {
    OnnxGraphs graph =
        OnnxGraphs.opset(17)
            .input("x", -1, 4)
            .input("mask", -1, 4)
            .weight("w", 4, 4)
            .node("Tanh", "soft_mask", List.of("mask"))
            .node("MatMul", "t0", List.of("x", "w"));
    List<String> tensors = new ArrayList<>(List.of("x", "soft_mask", "t0"));
    Set<String> outputs = new LinkedHashSet<>(tensors.subList(1, 3));
    int nodes = 1 + random.nextInt(MOST_NODES);
    for (int i = 1; i <= nodes; i++) {
      String recent = random.nextInt(5) == 0 ? any(random, tensors) : last(tensors);
      String other = random.nextInt(3) == 0 ? "soft_mask" : any(random, tensors);
      String made = "t" + i;
      switch (random.nextInt(5)) {
        case 0 -> graph.node("Add", made, List.of(recent, other));
        case 1 -> graph.node("Tanh", made, List.of(recent));
        default -> graph.node("MatMul", made, List.of(recent, "w"));
      }
      if (random.nextInt(8) > 0) {
        outputs.remove(recent);
      }
      tensors.add(made);
      outputs.add(made);
    }
    outputs.forEach(graph::output);
    return graph.model();
  }

  private static String any(Random random, List<String> names) {
    return names.get(random.nextInt(names.size()));
  }

  private static String last(List<String> names) {
    return names.get(names.size() - 1);
  }
}
