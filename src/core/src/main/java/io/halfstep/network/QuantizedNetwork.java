package io.halfstep.network;

import io.halfstep.graph.StageGraph;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.graph.TiedTable;
import io.halfstep.quantizer.Candidate;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.Target;
import io.halfstep.statistics.ActivationStatistics;
import io.halfstep.text.Figures;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The result of a run, for export and report.
 *
 * @param graph the float network, as stages
 * @param layers the quantized layers, in the graph's order; layers left in float are absent
 * @param activations the encodings of activation tensors by name; empty if activations stay in
 *     float. Quantized layers read such a tensor quantized, everything else in float
 * @param statistics of each of those tensors, for the report
 * @param outputSqnrDb the SQNR of each graph output, student against teacher, in dB, on the samples
 *     held back
 * @param nearestSqnrDb the same with all weights rounded to nearest; empty if that was not compared
 * @param target the runtime for which integers are stored
 * @param candidate the weights that were best on the samples held back
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
    Map<String, Encoding> activations,
    Map<String, ActivationStatistics> statistics,
    Map<String, Double> outputSqnrDb,
    Map<String, Double> nearestSqnrDb,
    Target target,
    Candidate candidate,
    List<ReferenceBatch> reference,
    long samples,
    long heldBack,
    Padding padding,
    Map<String, Long> rejected) {

  /**
   * Returns the tables that the network holds once: with a signed 8-bit integer for each weight and
   * a scale for each row, the layer's integers serve the Gathers as well.
   */
  public List<TiedTable> sharedTables() {
    Map<String, Encoding> encodings = new HashMap<>();
    layers.forEach(layer -> encodings.put(layer.name(), layer.weight().encoding()));
    return graph.tiedTables().stream()
        .filter(
            table -> {
              Encoding encoding = encodings.get(table.layer().name());
              return encoding != null
                  && encoding.grid().equals(Grid.signed(8))
                  && encoding.granularity().equals(Granularity.CHANNEL)
                  && encoding.symmetric();
            })
        .toList();
  }

  /** Returns the nodes that stay in float although a user might expect otherwise. */
  public List<FloatNode> floatNodes() {
    Set<String> integers =
        sharedTables().stream()
            .flatMap(table -> table.gathers().stream())
            .collect(Collectors.toSet());
    return graph.floatNodes().stream().filter(node -> !integers.contains(node.name())).toList();
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
