package io.halfstep.stage;

import static java.util.Objects.requireNonNull;

import io.halfstep.graph.ActivationSites.Site;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.Pass;
import io.halfstep.quantizer.Encoding;
import io.halfstep.statistics.ActivationStatistics;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Encodings of a network in integers, settled once its first pass has ended: a tensor may share one
 * with a tensor that is made later, so no stage can choose it alone.
 */
public final class SettledRanges {
  private final List<Site> sites;
  private final Set<String> tensors;
  private final Map<String, QuantizedInput> inputs;

  /** Finds what a plan quantizes in a graph. */
  public SettledRanges(StageGraph graph, Plan plan) {
    sites = graph.sites().sites();
    tensors = graph.sites().tensors();
    inputs = QuantizedInput.of(graph, plan);
  }

  /** Returns the tensors whose ranges are settled before a pass. */
  public Set<String> before(Pass pass) {
    return pass == Pass.OBSERVE ? Set.of() : tensors;
  }

  /**
   * Gives each tensor the encoding for the values of all tensors that it shares one with.
   *
   * @param encodings of each observed tensor for its own values; changed
   * @param statistics of these
   */
  public void settle(
      Map<String, Encoding> encodings, Map<String, ActivationStatistics> statistics) {
    for (Site site : sites) {
      Encoding shared = encoding(site, encodings, statistics);
      site.tensors().forEach(tensor -> encodings.put(tensor, shared));
    }
  }

  private Encoding encoding(
      Site site, Map<String, Encoding> encodings, Map<String, ActivationStatistics> statistics) {
    String first = site.computed().get(0);
    QuantizedInput input = requireNonNull(inputs.get(first));
    Encoding given = input.plan().givenInput();
    if (given != null) {
      return given;
    }
    if (site.computed().size() == 1) {
      return within(
          requireNonNull(encodings.get(first)), requireNonNull(statistics.get(first)).max());
    }
    ActivationStatistics merged = new ActivationStatistics();
    site.computed().forEach(tensor -> merged.merge(requireNonNull(statistics.get(tensor))));
    return within(input.encode(merged), merged.max());
  }

  /**
   * Lowers the scale by a bit if its rounding alone lets the encoding exceed the greatest value: a
   * runtime drops a ReLU6 in front of it only if no integer stands for more than 6.
   */
  private static Encoding within(Encoding encoding, float greatest) {
    float lower = Math.nextDown(encoding.scale(0));
    int highest = encoding.grid().highest() - encoding.zeroPoint(0);
    boolean exceeds = encoding.scale(0) * highest > greatest && lower * highest <= greatest;
    return exceeds && lower >= Float.MIN_NORMAL
        ? encoding.with(new float[] {lower}, encoding.zeroPoints())
        : encoding;
  }
}
