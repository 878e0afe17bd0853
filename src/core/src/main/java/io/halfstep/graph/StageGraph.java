package io.halfstep.graph;

import io.halfstep.branch.BodyConstants;
import io.halfstep.branch.TakenBranches;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Conditional.Taken;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.model.Model;
import io.halfstep.model.Nodes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A model as stages, in topological order. Each stage reads at least one tensor. A graph output
 * that is itself a graph input belongs to no stage.
 *
 * @param model the folded model that the stages were cut from; its float function is the original's
 * @param stages the stages
 * @param floatNodes nodes that stay in float although a user might expect otherwise, with the
 *     reason
 * @param storedConstants constants of other nodes than layers that can be stored as integers
 * @param quantizedNodes nodes that are already quantized, and stay as they are
 * @param conditionals the {@code If} nodes with layers in their branches
 * @param sites the activation tensors that are quantized for all their readers; none if only layers
 *     read their inputs quantized
 */
public record StageGraph(
    Model model,
    List<Stage> stages,
    List<FloatNode> floatNodes,
    List<StoredConstant> storedConstants,
    List<QuantizedNode> quantizedNodes,
    List<Conditional> conditionals,
    ActivationSites sites) {
  private static final int MOST_NAMES = 3;

  /**
   * Folds a model and cuts it into stages.
   *
   * @throws InvalidInputException if the model is malformed, nothing in it can be quantized, or a
   *     value that is not a tensor of numbers (a sequence, strings) crosses from one stage to
   *     another
   */
  public static StageGraph of(Model model) {
    return of(model, Map.of());
  }

  private static StageGraph of(Model model, Map<String, Taken> taken) {
    try {
      return Partition.of(BodyConstants.outside(model.folded()), taken, ActivationSites.NONE);
    } catch (InvalidInputException e) {
      throw e;
    } catch (RuntimeException e) {
      throw Malformed.model(model, e);
    }
  }

  /** Returns the {@code If} nodes of which samples must tell the branch. */
  public List<Conditional> undecided() {
    return conditionals.stream().filter(c -> c.taken() == Taken.UNKNOWN).toList();
  }

  /**
   * Returns the network with the layers of the branches that are taken. It may have further nodes
   * to decide, which were in these branches.
   *
   * @param decided what samples tell of undecided nodes, by their first outputs
   * @throws InvalidInputException if nothing can be quantized
   */
  public StageGraph deciding(Map<String, Taken> decided) {
    Map<String, Taken> known = new HashMap<>(taken());
    known.putAll(decided);
    try {
      return of(TakenBranches.outside(model, conditions(decided)), known);
    } catch (InvalidInputException e) {
      if (layers().isEmpty()) {
        throw e;
      }
      conditions(decided).keySet().forEach(output -> known.put(output, Taken.WHOLE));
      return of(model, known);
    }
  }

  /** Returns the conditions of the {@code If} nodes of which one branch is taken, by output. */
  public Map<String, Boolean> takenBranches() {
    return conditions(taken());
  }

  /** Returns what is known of {@code If} nodes, by output. */
  Map<String, Taken> taken() {
    return conditionals.stream().collect(Collectors.toMap(Conditional::output, Conditional::taken));
  }

  /**
   * Returns the network with the activation tensors that are quantized for an integer runtime, each
   * between two stages.
   *
   * @param quantized the layers that read their inputs quantized
   */
  public StageGraph inIntegers(Predicate<Layer> quantized) {
    return Partition.of(model, taken(), ActivationSites.of(this, quantized));
  }

  /**
   * Returns the network in which some of these activation tensors stay in float, with all that
   * would share an encoding with them.
   *
   * @param floats the names of the tensors
   */
  public StageGraph withoutSites(Predicate<String> floats) {
    ActivationSites left = sites.without(floats);
    return left.equals(sites) ? this : Partition.of(model, taken(), left);
  }

  /**
   * Returns the network with the inputs of products of two activations, each between two stages.
   */
  public StageGraph withProducts() {
    return Partition.of(model, taken(), ActivationSites.ofProducts(this));
  }

  /** Returns the network in which layers alone read quantized activations. */
  public StageGraph withoutSites() {
    return sites.isEmpty() ? this : Partition.of(model, taken(), ActivationSites.NONE);
  }

  private static Map<String, Boolean> conditions(Map<String, Taken> taken) {
    Map<String, Boolean> conditions = new HashMap<>();
    taken.forEach(
        (output, branch) -> {
          if (branch == Taken.THEN || branch == Taken.ELSE) {
            conditions.put(output, branch == Taken.THEN);
          }
        });
    return conditions;
  }

  /** A node that stays in float, and why. */
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

  /**
   * Returns the names of all that a plan may skip, and of nodes that samples may turn into layers.
   */
  public List<String> possibleLayers() {
    Stream<String> open =
        undecided().isEmpty() ? Stream.of() : floatNodes.stream().map(FloatNode::name);
    return Stream.of(
            layers().stream().map(Layer::name),
            storedConstants.stream()
                .flatMap(constant -> constant.readers().stream())
                .map(Nodes::name),
            open)
        .flatMap(names -> names)
        .toList();
  }

  /** Returns the layers in order. */
  public List<Layer> layers() {
    return stages.stream()
        .filter(LayerStage.class::isInstance)
        .map(s -> ((LayerStage) s).layer())
        .toList();
  }
}
