package io.halfstep.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import io.halfstep.model.TensorTypes;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Cuts a network into blocks.
 *
 * <p>A cut is a FLOAT tensor on the way to the deepest node, whose descendants read no other tensor
 * that depends on a layer, except each other's. So the cuts are on one path, whatever the order of
 * the nodes in the file, and what leads elsewhere, such as a second head, ends in the first block
 * that it can.
 *
 * <p>What depends on the shapes of the network's inputs alone, not on their values, is computed in
 * each block that reads it: a block may be given other batches than the network.
 *
 * <p>A part without layers belongs to the block before it. Consecutive parts of one layer each are
 * joined, up to {@value #CHAIN} layers.
 */
public final class Blocks {
  /** The layers of an inverted residual: expansion, depthwise, projection. */
  private static final int CHAIN = 3;

  private final Model model;
  private final NodeIndex index;
  private final Map<String, Layer> layers = new HashMap<>();
  private final List<Set<String>> reads;

  /** The number of layers on the longest path to each node, itself included. */
  private final int[] depth;

  /** The nodes before all layers that read nothing but shapes and constants. */
  private final BitSet ofShapes = new BitSet();

  private Blocks(StageGraph network) {
    model = network.model();
    index = new NodeIndex(model, network.taken());
    network.layers().forEach(layer -> layers.put(layer.output(), layer));
    reads = model.proto().getGraph().getNodeList().stream().map(Nodes::reads).toList();
    depth = new int[index.size()];
    for (int i = 0; i < depth.length; i++) {
      for (String name : reads.get(i)) {
        Integer producer = index.producer(name);
        depth[i] = Math.max(depth[i], producer == null ? 0 : depth[producer]);
      }
      depth[i] += index.isLayer(i) ? 1 : 0;
      ofShapes.set(i, depth[i] == 0 && readsShapes(i));
    }
  }

  private boolean readsShapes(int node) {
    if (Nodes.makes(index.node(node)).stream().anyMatch(index::isGraphOutput)) {
      return false;
    }
    return Nodes.is(index.node(node), "Shape")
        || (Nodes.isDeterministic(index.node(node))
            && reads.get(node).stream().anyMatch(this::isOfShapes)
            && reads.get(node).stream()
                .allMatch(name -> isOfShapes(name) || index.isConstant(name)));
  }

  private boolean isOfShapes(String tensor) {
    Integer producer = index.producer(tensor);
    return producer != null && ofShapes.get(producer);
  }

  /**
   * Returns the blocks in the order of computation. The first one has no layers: it is what does
   * not depend on any, such as an attention mask, and may have no nodes. The others read outputs of
   * the block before, of the first block, and the graph's inputs.
   *
   * @param network the network; each of its nodes is in one block, those of shapes in all that read
   *     them
   */
  public static List<Block> of(StageGraph network) {
    return new Blocks(network).blocks();
  }

  /** Returns the whole network as one block. */
  public static Block whole(StageGraph network) {
    Blocks blocks = new Blocks(network);
    BitSet all = new BitSet();
    all.set(0, blocks.index.size());
    return blocks.block(all);
  }

  private List<Block> blocks() {
    BitSet independent = new BitSet();
    BitSet left = new BitSet();
    for (int i = 0; i < depth.length; i++) {
      (depth[i] == 0 ? independent : left).set(i);
    }
    independent.andNot(ofShapes); // each block has its own
    List<BitSet> parts = new ArrayList<>();
    for (BitSet after : cuts()) {
      left.andNot(after);
      parts.add(left);
      left = after;
    }
    if (!left.isEmpty()) {
      parts.add(left);
    }
    List<Block> blocks = new ArrayList<>(List.of(block(independent)));
    joined(parts).forEach(nodes -> blocks.add(block(nodes)));
    return List.copyOf(blocks);
  }

  /** Returns the nodes after each cut, which are fewer from cut to cut. */
  private List<BitSet> cuts() {
    int deepest = 0;
    for (int i = 0; i < depth.length; i++) {
      deepest = depth[i] >= depth[deepest] ? i : deepest;
    }
    Map<String, BitSet> cuts = new LinkedHashMap<>();
    for (int i = 0; i < deepest; i++) {
      if (depth[i] > 0) {
        for (String name : Nodes.makes(index.node(i))) {
          BitSet after = new BitSet();
          if (separates(name, i, after) && after.get(deepest)) {
            cuts.put(name, after);
          }
        }
      }
    }
    cuts.keySet().retainAll(TensorTypes.floats(model, cuts.keySet()));
    return List.copyOf(cuts.values());
  }

  /**
   * Returns whether a tensor's descendants read nothing else that depends on a layer, except each
   * other's outputs.
   *
   * @param after takes the descendants
   */
  private boolean separates(String tensor, int producer, BitSet after) {
    for (int i = producer + 1; i < depth.length; i++) {
      boolean descends = false;
      boolean readsOther = false;
      for (String name : reads.get(i)) {
        Integer from = index.producer(name);
        if (name.equals(tensor) || (from != null && after.get(from))) {
          descends = true;
        } else {
          readsOther |= from != null && depth[from] > 0;
        }
      }
      if (descends && readsOther) {
        return false;
      }
      after.set(i, descends);
    }
    return true;
  }

  private List<BitSet> joined(List<BitSet> parts) {
    List<BitSet> joined = new ArrayList<>();
    int chain = 0;
    for (BitSet part : parts) {
      long count = part.stream().filter(index::isLayer).count();
      boolean continues = count == 1 && chain > 0 && chain < CHAIN;
      if (count == 0 || continues) {
        joined.get(joined.size() - 1).or(part);
      } else {
        joined.add(part);
        chain = 0;
      }
      chain = count > 1 ? 0 : chain + (int) count;
    }
    return joined;
  }

  private Block block(BitSet part) {
    BitSet all = withShapes(part);
    Set<Integer> members = all.stream().boxed().collect(Collectors.toSet());
    List<NodeProto> nodes = all.stream().mapToObj(index::node).toList();
    Set<String> inputs = new LinkedHashSet<>();
    Set<String> made = new LinkedHashSet<>();
    all.stream().forEach(i -> inputs.addAll(reads.get(i)));
    nodes.forEach(node -> inputs.removeAll(Nodes.makes(node)));
    inputs.removeAll(index.initializers().keySet());
    part.stream().forEach(i -> made.addAll(Nodes.makes(index.node(i))));
    made.removeIf(name -> !index.isNeededOutside(name, members));
    return new Block(
        nodes,
        List.copyOf(inputs),
        List.copyOf(made),
        part.stream()
            .filter(index::isLayer)
            .mapToObj(i -> layers.get(index.node(i).getOutput(0)))
            .toList());
  }

  /** Returns a part with what it reads of shapes. */
  private BitSet withShapes(BitSet part) {
    BitSet all = (BitSet) part.clone();
    for (int i = all.length() - 1; i >= 0; i--) {
      if (all.get(i)) {
        reads.get(i).stream().filter(this::isOfShapes).map(index::producer).forEach(all::set);
      }
    }
    return all;
  }
}
