package io.halfstep.graph;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.model.Model;
import java.util.List;

/**
 * A model as stages, in an order in which each stage follows those that it reads from. Each stage
 * reads at least one tensor. A graph output that is a graph input itself is no stage's.
 *
 * @param model the folded model that the stages were cut from; its float function is the original's
 * @param stages the stages
 * @param floatNodes what stays in float although a user might expect otherwise, with the reason
 */
public record StageGraph(Model model, List<Stage> stages, List<FloatNode> floatNodes) {
  /**
   * Folds a model and cuts it into stages.
   *
   * @throws InvalidInputException if the model is malformed, nothing in it can be quantized, or
   *     what is no tensor of numbers (a sequence, strings) goes from one stage to another
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

  /** The layers in order. */
  public List<Layer> layers() {
    return stages.stream()
        .filter(LayerStage.class::isInstance)
        .map(s -> ((LayerStage) s).layer())
        .toList();
  }
}
