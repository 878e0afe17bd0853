package io.halfstep.graph;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.model.Model;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A model as stages, in topological order. Each stage reads at least one tensor. A graph output
 * that is itself a graph input belongs to no stage.
 *
 * @param model the folded model that the stages were cut from; its float function is the original's
 * @param stages the stages
 * @param floatNodes nodes that stay in float although a user might expect otherwise, with the
 *     reason
 * @param quantizedNodes nodes that are already quantized, and stay as they are
 */
public record StageGraph(
    Model model,
    List<Stage> stages,
    List<FloatNode> floatNodes,
    List<QuantizedNode> quantizedNodes) {
  private static final int MOST_NAMES = 3;

  /**
   * Folds a model and cuts it into stages.
   *
   * @throws InvalidInputException if the model is malformed, nothing in it can be quantized, or a
   *     value that is not a tensor of numbers (a sequence, strings) crosses from one stage to
   *     another
   */
  public static StageGraph of(Model model) {
    try {
      return Partition.of(model.folded());
    } catch (InvalidInputException e) {
      throw e;
    } catch (RuntimeException e) {
      throw Malformed.model(model, e);
    }
  }

  /** A node with a weight that is not quantized. */
  public record FloatNode(String name, String op, String reason) {}

  /** A node that is already quantized: its operator or its weight is. */
  public record QuantizedNode(String name, String op) {}

  /** Says which nodes are already quantized, for a note; empty if none is. */
  public Optional<String> alreadyQuantized() {
    return quantizedNodes.isEmpty()
        ? Optional.empty()
        : Optional.of("already quantized, and left as it is: " + describe(quantizedNodes));
  }

  /** For messages: {@code 5 nodes (a, MatMulInteger; b, Conv; …)}. */
  static String describe(List<QuantizedNode> nodes) {
    return nodes.stream()
        .limit(MOST_NAMES)
        .map(node -> node.name() + ", " + node.op())
        .collect(
            Collectors.joining(
                "; ",
                nodes.size() + (nodes.size() == 1 ? " node (" : " nodes ("),
                nodes.size() > MOST_NAMES ? "; …)" : ")"));
  }

  /** Returns the layers in order. */
  public List<Layer> layers() {
    return stages.stream()
        .filter(LayerStage.class::isInstance)
        .map(s -> ((LayerStage) s).layer())
        .toList();
  }
}
