package io.halfstep.report;

import static io.halfstep.text.Figures.number;

import io.halfstep.network.LossBehindLayers;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Granularity.Unit;
import io.halfstep.quantizer.WeightLevels;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Advice for a layer with a large error.
 *
 * @param subject the name of the layer or activation, or another subject
 * @param finding the finding with its figure
 * @param remedy the advice
 * @param snippet lines for a plan file, or options; may be empty
 */
record ReportAdvice(String subject, String finding, String remedy, String snippet) {
  private static final int AT_MOST_PER_RULE = 5;

  /** Below this, noise has more than a sixteenth of the power of a layer's or output's signal. */
  private static final double LOW_SQNR_DB = 12;

  /** Above this, there is little to gain. */
  private static final double FAIR_SQNR_DB = 24;

  /** Above this, the solver gained little; most layers lie between 0.1 and 0.65. */
  private static final double HIGH_RATIO = 0.8;

  private static final long FEW_SAMPLES = 256;
  private static final double MUCH_CLIPPED = 0.01;

  /**
   * Returns advice, for the layers with the largest errors first; at most a few items of each kind.
   */
  static List<ReportAdvice> of(QuantizedNetwork network, Map<String, Double> clippedShares) {
    if (network.samples() == 0) {
      return List.of(
          new ReportAdvice(
              "Samples",
              "there were none",
              "With a few hundred (--data), ranges and roundings fit the network rather than what"
                  + " its batch norms imply, and what is lost is measured.",
              ""));
    }
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
    Optional<LossBehindLayers> behind = LossBehindLayers.of(network);
    behind.ifPresentOrElse(
        loss -> advice.add(behind(loss)), () -> poorOutput(network).ifPresent(advice::add));
    if (network.samples() < FEW_SAMPLES && behind.isEmpty()) {
      advice.add(
          new ReportAdvice(
              "Samples",
              "only %d were used".formatted(network.samples()),
              "More samples make the roundings fit the data rather than these samples; 1024 are"
                  + " the published setting.",
              ""));
    }
    return advice;
  }

  private static Optional<ReportAdvice> poorOutput(QuantizedNetwork network) {
    return network.outputSqnrDb().entrySet().stream()
        .filter(output -> output.getValue() < LOW_SQNR_DB)
        .min(Map.Entry.comparingByValue())
        .map(
            output ->
                new ReportAdvice(
                    output.getKey(),
                    "the SQNR of this output is %s dB".formatted(number(output.getValue(), 1)),
                    "'halfstep analyze' tries what loses it and which remedies help.",
                    ""));
  }

  private static ReportAdvice behind(LossBehindLayers loss) {
    return new ReportAdvice(
        loss.layer().name(),
        loss.finding(),
        "More samples do not help: " + loss.remedy() + ".",
        "");
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
    WeightLevels levels = layer.weight().encoding().levels();
    if (levels.fixesBits()) {
      return new ReportAdvice(
          layer.name(),
          finding,
          "Levels that are found by k-means lose less, and there may be more of them.",
          plan(layer, "weight-levels = codebook, bits = 4"));
    }
    if (bits <= 3 && levels.isUniform() && layer.weight().encoding().symmetric()) {
      return new ReportAdvice(
          layer.name(),
          finding,
          "At so few bits, a zero point for each scale helps much; otherwise use more bits.",
          plan(layer, "weight-grid = asymmetric"));
    }
    int more = bits < 4 ? 4 : 8;
    return bits >= 8
        ? new ReportAdvice(
            layer.name(),
            finding,
            "Its weights have the largest number of bits, so the noise comes from its input: check"
                + " the layers before it and the activations' ranges, or leave it in float.",
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
        "ratio %s: little gain over rounding to nearest".formatted(number(layer.ratio(), 3)),
        "Its inputs are hardly correlated, or the error of its input dominates: only more"
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
