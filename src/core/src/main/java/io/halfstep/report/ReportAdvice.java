package io.halfstep.report;

import static io.halfstep.text.Figures.number;

import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Granularity.Unit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What to try where a layer hurts.
 *
 * @param subject a layer's name, an activation's, or what else it is about
 * @param finding what was found, with its figure
 * @param remedy what to try, in words
 * @param snippet lines for a plan file, or options; empty where there is nothing to paste
 */
record ReportAdvice(String subject, String finding, String remedy, String snippet) {
  private static final int AT_MOST_PER_RULE = 5;

  /** Below this, a layer adds noise of more than a sixteenth of its signal's power. */
  private static final double LOW_SQNR_DB = 12;

  /** From here on there is little to gain. */
  private static final double FAIR_SQNR_DB = 24;

  /** Above this, the solver gained little; most layers lie between 0.1 and 0.65. */
  private static final double HIGH_RATIO = 0.8;

  private static final long FEW_SAMPLES = 256;
  private static final double MUCH_CLIPPED = 0.01;

  /** The layers that hurt most come first; at most a few of each kind. */
  static List<ReportAdvice> of(QuantizedNetwork network, Map<String, Double> clippedShares) {
    List<ReportAdvice> advice = new ArrayList<>();
    network.layers().stream()
        .filter(layer -> !(layer.sqnrDb() >= LOW_SQNR_DB))
        .sorted(Comparator.comparingDouble(QuantizedLayer::sqnrDb))
        .limit(AT_MOST_PER_RULE)
        .forEach(layer -> advice.add(lowSqnr(layer)));
    network.layers().stream()
        .filter(layer -> layer.ratio() > HIGH_RATIO && layer.sqnrDb() < FAIR_SQNR_DB)
        .filter(layer -> layer.nearestLoss() > 0 && learned(layer))
        .sorted(Comparator.comparingDouble(QuantizedLayer::ratio).reversed())
        .limit(AT_MOST_PER_RULE)
        .forEach(layer -> advice.add(highRatio(layer)));
    clippedShares.entrySet().stream()
        .filter(clipped -> clipped.getValue() > MUCH_CLIPPED)
        .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
        .limit(AT_MOST_PER_RULE)
        .forEach(clipped -> advice.add(clipped(clipped.getKey(), clipped.getValue())));
    if (network.samples() < FEW_SAMPLES) {
      advice.add(
          new ReportAdvice(
              "Samples",
              "only %d were seen".formatted(network.samples()),
              "More samples make the roundings fit the data rather than these samples; 1024 are"
                  + " the published setting.",
              ""));
    }
    return advice;
  }

  private static boolean learned(QuantizedLayer layer) {
    return !layer.rounding().equals("nearest") && !layer.rounding().equals("stochastic");
  }

  private static ReportAdvice lowSqnr(QuantizedLayer layer) {
    int bits = layer.weight().encoding().grid().bits();
    String finding =
        "%s dB at %d bits: the noise is %s %% of the signal"
            .formatted(
                number(layer.sqnrDb(), 1),
                bits,
                number(100 * Math.pow(10, -layer.sqnrDb() / 10), 0));
    if (layer.weight().encoding().granularity().unit() == Unit.TENSOR) {
      return new ReportAdvice(
          layer.name(),
          finding,
          "All its channels share one scale; one per channel costs next to nothing.",
          plan(layer, "granularity = channel"));
    }
    if (bits <= 3 && layer.weight().encoding().symmetric()) {
      return new ReportAdvice(
          layer.name(),
          finding,
          "At so few bits a zero point for each scale helps much; else give it more bits.",
          plan(layer, "weight-grid = asymmetric"));
    }
    int more = bits < 4 ? 4 : 8;
    return bits >= 8
        ? new ReportAdvice(
            layer.name(),
            finding,
            "Its weights have all the bits there are, so the noise comes from its input: look at"
                + " the layers before it and at the activations' ranges, or leave it in float.",
            plan(layer, "skip = true"))
        : new ReportAdvice(
            layer.name(),
            finding,
            "Give this layer %d bits. If that changes little, its noise comes from the layers before it."
                .formatted(more),
            plan(layer, "bits = " + more));
  }

  private static ReportAdvice highRatio(QuantizedLayer layer) {
    return new ReportAdvice(
        layer.name(),
        "ratio %s: learning gained little over nearest".formatted(number(layer.ratio(), 3)),
        "Its inputs are hardly correlated, or its input is already the larger error: only more"
            + " bits or another grid lower it.",
        plan(layer, "weight-grid = asymmetric"));
  }

  private static ReportAdvice clipped(String tensor, double share) {
    return new ReportAdvice(
        tensor,
        "%s %% of its values are clipped".formatted(number(100 * share, 1)),
        "Try a wider range for activations and compare the two models with evaluate.",
        "--ranges activations=percentile:99.99");
  }

  private static String plan(QuantizedLayer layer, String setting) {
    String quoted = layer.name().replace("\\", "\\\\").replace("\"", "\\\"");
    return "layers += { match = \"%s\", %s }".formatted(quoted, setting);
  }
}
