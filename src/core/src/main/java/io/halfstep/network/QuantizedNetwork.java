package io.halfstep.network;

import io.halfstep.graph.StageGraph;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.graph.StoredConstant;
import io.halfstep.model.Nodes;
import io.halfstep.quantizer.Candidate;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Target;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.text.Figures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The result of a run, for export and report.
 *
 * @param graph the float network, as stages
 * @param layers the quantized layers, in the graph's order; layers left in float are absent
 * @param stored what other nodes than layers read as integers
 * @param activations the encodings of activation tensors by name; empty if activations stay in
 *     float. Quantized layers read such a tensor quantized, everything else in float
 * @param dynamic the layers that read their inputs quantized over ranges that the runtime computes
 * @param statistics of each tensor with an encoding, for the report
 * @param outputSqnrDb the SQNR of each graph output, student against teacher, in dB, on the samples
 *     held back
 * @param nearestSqnrDb the same with all weights rounded to nearest; empty if that was not compared
 * @param target the runtime for which integers are stored
 * @param candidate the weights that were best on the samples held back
 * @param learned what blocks and the whole network have learned by gradient, in order, also if
 *     other weights are the result
 * @param reference some batches with their outputs, for a comparison with the exported model
 * @param samples the number of samples used; 0 if there were none, and nothing was measured
 * @param heldBack the number of them that were held back from learning; 0 if there were too few,
 *     and all were used for both
 * @param padding the padding among them
 * @param rejected the rejected samples by reason
 */
public record QuantizedNetwork(
    StageGraph graph,
    List<QuantizedLayer> layers,
    List<StoredWeight> stored,
    Map<String, Encoding> activations,
    DynamicInputs dynamic,
    Map<String, ActivationStatistics> statistics,
    Map<String, Double> outputSqnrDb,
    Map<String, Double> nearestSqnrDb,
    Target target,
    Candidate candidate,
    List<LearnedBlock> learned,
    List<ReferenceBatch> reference,
    long samples,
    long heldBack,
    Padding padding,
    Map<String, Long> rejected) {

  /** Returns the nodes that stay in float although a user might expect otherwise. */
  public List<FloatNode> floatNodes() {
    List<StoredConstant> constants = constants();
    Map<String, FloatNode> skipped = new LinkedHashMap<>();
    graph.storedConstants().stream()
        .filter(constant -> !constants.contains(constant))
        .flatMap(constant -> constant.readers().stream())
        .map(node -> new FloatNode(Nodes.name(node), node.getOpType(), "the plan says so"))
        .forEach(node -> skipped.put(node.name(), node));
    List<FloatNode> nodes = new ArrayList<>();
    for (FloatNode node : graph.floatNodes()) {
      nodes.add(skipped.getOrDefault(node.name(), node));
    }
    skipped.values().stream().filter(node -> !nodes.contains(node)).forEach(nodes::add);
    return List.copyOf(nodes);
  }

  /** Returns the constants of other nodes than layers that are stored as integers. */
  public List<StoredConstant> constants() {
    return stored.stream().map(StoredWeight::constant).toList();
  }

  /** Says which of what was learned by gradient is the result; for networks that learned. */
  public String learnedResult() {
    return switch (candidate) {
      case RECONSTRUCTED -> "The result is what blocks have learned.";
      case FINETUNED -> "The result is what the whole network has learned.";
      case ROUNDED, UNREPAIRED, NEAREST ->
          "Nothing of it is in the result, because the network is no better so on the samples held"
              + " back.";
    };
  }

  /** Describes what an output's SQNR was measured on and compared with; empty if nothing. */
  public String comparison(String output) {
    String samples = heldBack == 0 ? "" : " on %d samples held back".formatted(heldBack);
    Double nearest = nearestSqnrDb.get(output);
    return nearest == null
        ? samples
        : "%s (%s dB by rounding to nearest)".formatted(samples, Figures.number(nearest, 1));
  }
}
