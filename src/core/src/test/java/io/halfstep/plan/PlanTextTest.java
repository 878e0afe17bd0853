package io.halfstep.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.plan.Plan.Schedule;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.plan.Plan.WeightScales;
import io.halfstep.quantizer.Granularity;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterTry;

class PlanTextTest {
  private final Path file;

  PlanTextTest() throws IOException {
    file = Files.createTempFile("plan", ".conf");
  }

  @AfterTry
  void remove() throws IOException {
    Files.deleteIfExists(file);
  }

  @Property(tries = 100)
  void whatIsWrittenIsReadBack(@ForAll("plans") Plan plan, @ForAll("options") RunOptions options)
      throws IOException {
    Files.writeString(file, PlanText.of(plan, options));

    PlanFile read = PlanFile.read(file, Plan.DEFAULT);

    assertThat(read).isEqualTo(new PlanFile(plan, options));
  }

  private static Arbitrary<Granularity> granularities() {
    return Arbitraries.of(Granularity.TENSOR, Granularity.CHANNEL, Granularity.block(32));
  }

  @Provide
  Arbitrary<Plan> plans() {
    Arbitrary<RangeMethod> ranges =
        Arbitraries.of(
            new RangeMethod.MinMax(), new RangeMethod.Mse(), new RangeMethod.Percentile(99.5));
    Arbitrary<List<LayerOverride>> overrides =
        Combinators.combine(
                Arbitraries.of("/stem/Conv", "*/conv?/Conv", "a \"quoted\" = name", "é:ü"),
                Arbitraries.integers().between(2, 8).injectNull(0.3),
                Arbitraries.of(RoundingMethod.class).injectNull(0.3),
                granularities().injectNull(0.3),
                Arbitraries.of(WeightGrid.class).injectNull(0.3),
                Arbitraries.of(Reach.class).injectNull(0.3),
                Arbitraries.of(true, false).injectNull(0.3))
            .as(LayerOverride::new)
            .list()
            .ofMaxSize(3);
    Arbitrary<Plan> one =
        Combinators.combine(
                Arbitraries.integers().between(2, 8),
                Arbitraries.of(0, 2, 7, 8, 16),
                Arbitraries.of(RoundingMethod.class),
                Arbitraries.of(Schedule.class),
                ranges,
                ranges,
                Arbitraries.longs(),
                overrides)
            .as(
                (weights,
                    activations,
                    rounding,
                    schedule,
                    ofWeights,
                    ofActivations,
                    seed,
                    layers) ->
                    new Plan(
                        weights,
                        activations,
                        Granularity.CHANNEL,
                        null,
                        rounding,
                        Effort.NORMAL,
                        Reach.GRID,
                        null,
                        schedule,
                        ofWeights,
                        ofActivations,
                        seed,
                        layers));
    return Combinators.combine(
            one,
            granularities(),
            Arbitraries.of(WeightGrid.class).injectNull(0.3),
            Arbitraries.of(WeightScales.class).injectNull(0.3),
            Arbitraries.of(Effort.class),
            Arbitraries.of(Reach.class))
        .as(
            (plan, granularity, grid, scales, effort, reach) ->
                new Plan(
                    plan.weightBits(),
                    plan.activationBits(),
                    granularity,
                    grid,
                    plan.rounding(),
                    effort,
                    reach,
                    scales,
                    plan.schedule(),
                    plan.weightRanges(),
                    plan.activationRanges(),
                    plan.seed(),
                    plan.overrides()));
  }

  @Provide
  Arbitrary<RunOptions> options() {
    return Combinators.combine(
            Arbitraries.of("mean=0.5,std=0.25", "image:mean=0.1/0.2/0.3,scale=255")
                .list()
                .ofMaxSize(2),
            Arbitraries.longs().between(1, 1_000_000).injectNull(0.3),
            Arbitraries.integers().between(1, 512).injectNull(0.3))
        .as(
            (normalize, samples, batch) ->
                new RunOptions(
                    List.of(), normalize, null, samples, batch, null, null, null, null, null, null,
                    null, null));
  }
}
