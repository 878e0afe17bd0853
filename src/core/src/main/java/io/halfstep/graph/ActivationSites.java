package io.halfstep.graph;

import io.halfstep.graph.StageGraph.FloatNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The activation tensors that are quantized for all their readers, which of them share an encoding,
 * and what stays in float. For a network that runs in integers from end to end:
 *
 * <ul>
 *   <li>Only tensors of FLOAT are quantized: no integers, shapes or conditions.
 *   <li>An operator that integer runtimes have no kernel for computes in float ({@link
 *       IntegerOperators}), and so does one that reads what such an operator made: the inside of a
 *       layer normalization or GELU that an exporter decomposed, an attention mask. The output of
 *       either is quantized only where a matrix product reads it.
 *   <li>A tensor between an operator and the Relu or Clip that alone reads it is not quantized, nor
 *       one between a layer and the addition of a constant that is its bias: runtimes compute both
 *       at once.
 *   <li>Operators that only move data have the same encoding before and after, as have all inputs
 *       and the output of a Concat: nothing is rounded twice.
 * </ul>
 *
 * @param sites the tensors, in the graph's order
 * @param left the operators that compute in float
 * @param areAll whether nothing else is quantized; if not, layers read quantized inputs beside
 */
public record ActivationSites(List<Site> sites, List<FloatNode> left, boolean areAll) {
  /** No sites: only what layers read is quantized. */
  public static final ActivationSites NONE = new ActivationSites(List.of(), List.of(), false);

  /**
   * Tensors with one encoding.
   *
   * @param tensors all of them
   * @param computed those whose values are not copies of others of them
   * @param unit whether all values are from 0 to 1
   */
  public record Site(List<String> tensors, List<String> computed, boolean unit) {}

  /**
   * Finds the sites of a network.
   *
   * @param quantized the layers that read their inputs quantized
   */
  static ActivationSites of(StageGraph graph, Predicate<Layer> quantized) {
    return new SiteSearch(graph, quantized).sites();
  }

  /** Returns the sites of which none of these tensors is one. */
  ActivationSites without(Predicate<String> floats) {
    return new ActivationSites(
        sites.stream().filter(site -> site.tensors().stream().noneMatch(floats)).toList(),
        left,
        areAll);
  }

  /** Returns the inputs of products of two activations, as in attention: {@link ProductSites}. */
  static ActivationSites ofProducts(StageGraph graph) {
    return new ProductSites(graph).sites();
  }

  /** Returns whether only what layers read is quantized. */
  public boolean isEmpty() {
    return sites.isEmpty();
  }

  /** Returns all tensors of all sites. */
  public Set<String> tensors() {
    Set<String> all = new HashSet<>();
    sites.forEach(site -> all.addAll(site.tensors()));
    return all;
  }
}
