package io.halfstep.graph;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.model.Model;
import java.util.List;

/**
 * A model as stages, in topological order. Each stage reads at least one tensor. A graph output
 * that is itself a graph input belongs to no stage.
 *
 * @param model the folded model that the stages were cut from; its float function is the original's
 * @param stages the stages
 * @param floatNodes nodes that stay in float although a user might expect otherwise, with the
 *     reason
 */
public record StageGraph(Model model, List<Stage> stages, List<FloatNode> floatNodes) {
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

  /** Returns the layers in order. */
  public List<Layer> layers() {
    return stages.stream()
        .filter(LayerStage.class::isInstance)
        .map(s -> ((LayerStage) s).layer())
        .toList();
  }
}
