package io.halfstep.analysis;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.halfstep.analysis.Trial.Kind;
import io.halfstep.plan.Budget;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.LayerPlan;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.BiasCorrection;
import io.halfstep.plan.Plan.Equalize;
import io.halfstep.plan.PlanSettings;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Granularity.Unit;
import io.halfstep.quantizer.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs are replaced by a formula for the noise. */
class AnalysisTest {
  private static final Plan TENSOR =
      Plan.DEFAULT.toBuilder().granularity(Granularity.TENSOR).build();

  /** The noise of each layer's weight at 4 bits, in proportion to the output's signal. */
  private final Map<String, Double> weights = new LinkedHashMap<>();

  /** The noise of each quantized input at 8 bits. */
  private double input = 1e-5;

  private double perChannel = 1;
  private double perBlock = 1;
  private double corrected = 1;
  private double equalized = 1;

  private Measurement run(Plan asked) {
    Plan plan =
        asked.budget() == null
            ? asked
            : asked.decided(List.of(LayerOverride.of("b").weightBits(3)));
    List<String> names = List.copyOf(weights.keySet());
    plan.requireLayers("model", names);
    double noise = 0;
    long bits = 0;
    Map<String, Double> decibels = new LinkedHashMap<>();
    for (String name : names) {
      Optional<LayerPlan> layer = plan.layer(name);
      if (layer.isPresent()) {
        noise += noise(plan, layer.get(), requireNonNull(weights.get(name)));
        bits += layer.get().bits();
        decibels.put(name, decibels(noise));
      }
    }
    return new Measurement(plan, decibels(noise), decibels, bits, 256, 32);
  }

  private double noise(Plan plan, LayerPlan layer, double atFourBits) {
    double ofWeight = atFourBits * Math.pow(4, 4 - layer.bits());
    Unit unit = layer.granularity().unit();
    ofWeight *= unit == Unit.TENSOR ? 1 : unit == Unit.CHANNEL ? perChannel : perBlock;
    ofWeight *= layer.biasCorrection() == BiasCorrection.OFF ? 1 : corrected;
    ofWeight *= plan.equalize() == Equalize.OFF ? 1 : equalized;
    int bits = layer.activationBits();
    return ofWeight + (bits == 0 ? 0 : input * Math.pow(4, 8 - bits));
  }

  private static double decibels(double noise) {
    return -10 * Math.log10(noise);
  }

  private AnalysisResult analyze(Plan plan) throws InterruptedException {
    List<Trial> heard = new ArrayList<>();
    List<String> layers = List.copyOf(weights.keySet());
    AnalysisResult result = Analysis.of(plan, layers, this::run, heard::add);
    assertThat(result.trials()).isEqualTo(heard);
    assertThat(heard).hasSizeLessThanOrEqualTo(Analysis.mostRuns(plan, layers));
    return result;
  }

  private void threeLayers() {
    weights.put("b", 1e-2);
    weights.put("a", 1e-4);
    weights.put("c", 1e-3);
  }

  @Test
  void layersAreTriedAlone() throws InterruptedException {
    threeLayers();

    assertThat(analyze(TENSOR).of(Kind.LAYER))
        .extracting(Trial::name)
        .containsExactly("b", "a", "c");
    assertThat(analyze(TENSOR).of(Kind.LAYER))
        .extracting(trial -> Math.round(trial.sqnrDb()))
        .containsExactly(20L, 40L, 30L);
  }

  @Test
  void weightsAndActivationsAreTriedAlone() throws InterruptedException {
    threeLayers();
    perChannel = 0.5;
    List<Trial> parts = analyze(TENSOR).of(Kind.PART);

    assertThat(parts.get(0).sqnrDb()).isCloseTo(decibels(0.0111), within(1e-9));
    assertThat(parts.get(1).sqnrDb()).isCloseTo(decibels(3e-5 + 0.0111 * 0.5 / 256), within(1e-9));
  }

  @Test
  void withActivationsInFloatTheGivenPlanIsTheWeightsAlone() throws InterruptedException {
    threeLayers();
    AnalysisResult result = analyze(TENSOR.toBuilder().activationBits(0).build());

    assertThat(result.of(Kind.PART)).isEmpty();
    assertThat(result.of(Kind.REMEDY))
        .extracting(Trial::name)
        .noneMatch(name -> name.contains("activations") || name.contains("inputs"));
  }

  @Test
  void remediesThatCostNothingComeFirst() throws InterruptedException {
    threeLayers();
    perChannel = 0.9;
    perBlock = 0.1;
    corrected = 0.8;
    AnalysisResult result = analyze(TENSOR);
    Trial best = result.best();

    assertThat(best.name())
        .isEqualTo(
            "--bias-correction empirical + --granularity channel"
                + " + 8 bits for the weights of 3 layers");
    assertThat(best.layers()).containsExactly("b", "c", "a");
    assertThat(best.kind()).isEqualTo(Kind.COMBINATION);
    assertThat(best.sqnrDb()).isCloseTo(decibels(3e-5 + 0.0111 * 0.9 * 0.8 / 256), within(1e-9));
    assertThat(best.measured().plan())
        .isEqualTo(
            TENSOR.toBuilder()
                .set(PlanSettings.BIAS_CORRECTION, BiasCorrection.EMPIRICAL)
                .granularity(Granularity.CHANNEL)
                .override(LayerOverride.of("b").weightBits(8))
                .override(LayerOverride.of("c").weightBits(8))
                .override(LayerOverride.of("a").weightBits(8))
                .build());
  }

  @Test
  void aRemedyThatBringsLittleBesideOthersIsLeftOut() throws InterruptedException {
    weights.put("a", 1e-4);
    input = 1e-2;
    corrected = 0.5;
    AnalysisResult result = analyze(TENSOR);

    assertThat(result.best().name()).isEqualTo("16 bits for the inputs of 1 layer");
    assertThat(result.best().kind()).isEqualTo(Kind.REMEDY);
  }

  @Test
  void thePlanStaysIfNothingHelps() throws InterruptedException {
    weights.put("a", 1e-3);
    weights.put("b", 1e-3);
    Plan fine = TENSOR.toBuilder().weightBits(8).activationBits(16).build();
    AnalysisResult result = analyze(fine);

    assertThat(result.best()).isEqualTo(result.given());
    assertThat(result.of(Kind.COMBINATION)).isEmpty();
  }

  @Test
  void remediesThatThePlanHasAreNotTried() throws InterruptedException {
    weights.put("a", 1e-3);
    Plan plan =
        Plan.DEFAULT.toBuilder()
            .equalize(Equalize.RELU)
            .biasCorrection(BiasCorrection.EMPIRICAL)
            .activationBits(16)
            .weightBits(8)
            .build();

    assertThat(analyze(plan).of(Kind.REMEDY))
        .extracting(Trial::name)
        .containsExactly(
            "--ranges activations=minmax",
            "--ranges activations=percentile:99.99",
            "--equalize clip",
            "--granularity block:32");
  }

  @Test
  void ofManyLayersTheNoisiestAreTried() throws InterruptedException {
    IntStream.range(0, 50).forEach(i -> weights.put("layer" + i, 1e-3));
    AnalysisResult result = analyze(TENSOR);

    assertThat(result.layersLeft()).isEqualTo(10);
    assertThat(result.of(Kind.LAYER))
        .extracting(Trial::name)
        .containsExactlyElementsOf(IntStream.range(10, 50).mapToObj(i -> "layer" + i).toList());
  }

  @Test
  void aBudgetIsSpentOnce() throws InterruptedException {
    threeLayers();
    AnalysisResult result = analyze(TENSOR.toBuilder().budget(Budget.parse("bits=3")).build());

    assertThat(result.trials()).allMatch(trial -> trial.measured().plan().budget() == null);
    assertThat(result.of(Kind.LAYER).get(0).sqnrDb()).isCloseTo(decibels(4e-2), within(1e-9));
  }

  @ParameterizedTest
  @EnumSource
  void everyTargetAcceptsWhatIsTried(Target target) throws InterruptedException {
    threeLayers();
    Plan plan = Plan.DEFAULT.toBuilder().target(target).build();
    AnalysisResult result = analyze(plan);

    assertThat(result.best().measured().plan().target()).isEqualTo(target);
    assertThat(result.of(Kind.LAYER)).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void theBestPlanIsAsMeasuredAndNeverWorse(long seed) throws InterruptedException {
    Random random = new Random(seed);
    IntStream.range(0, 1 + random.nextInt(6))
        .forEach(i -> weights.put("layer" + i, Math.pow(10, -4 * random.nextDouble())));
    input = Math.pow(10, -6 * random.nextDouble());
    perChannel = 2 * random.nextDouble();
    perBlock = 2 * random.nextDouble();
    corrected = 2 * random.nextDouble();
    equalized = 2 * random.nextDouble();
    AnalysisResult result = analyze(TENSOR);
    Trial best = result.best();

    assertThat(best.measured()).isEqualTo(run(best.measured().plan()));
    assertThat(best.sqnrDb()).isGreaterThanOrEqualTo(result.given().sqnrDb());
    assertThat(result.of(Kind.COMBINATION)).hasSizeLessThanOrEqualTo(5);
  }
}
