package io.halfstep.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.plan.Plan.ActivationGrid;
import io.halfstep.plan.Plan.BiasCorrection;
import io.halfstep.plan.Plan.Equalize;
import io.halfstep.plan.Plan.Learn;
import io.halfstep.plan.Plan.Quantize;
import io.halfstep.plan.Plan.Schedule;
import io.halfstep.plan.Plan.Sensitivity;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.plan.Plan.WeightScales;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Target;
import io.halfstep.quantizer.WeightLevels;
import io.halfstep.ranges.BatchNormRange;
import io.halfstep.ranges.CrossEntropy;
import io.halfstep.ranges.Kl;
import io.halfstep.ranges.Lp;
import io.halfstep.ranges.MovingAverage;
import io.halfstep.ranges.OutputMse;
import io.halfstep.ranges.RangeMethod.Mse;
import io.halfstep.ranges.RangeMethod.Percentile;
import io.halfstep.rounding.Effort;
import io.halfstep.rounding.Reach;
import io.halfstep.rounding.RoundingMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterTry;
import org.junit.jupiter.api.Test;

class PlanTextTest {
  private static final Map<Setting<?>, Arbitrary<?>> VALUES = values();

  private final Path file;

  PlanTextTest() throws IOException {
    file = Files.createTempFile("plan", ".conf");
  }

  @AfterTry
  void remove() throws IOException {
    Files.deleteIfExists(file);
  }

  @Test
  void everySettingVaries() {
    assertThat(VALUES.keySet())
        .containsAll(PlanSettings.ALL)
        .containsAll(PlanSettings.OF_LAYERS)
        .containsAll(PlanFile.OTHERS);
  }

  @Property(tries = 200)
  void whatIsWrittenIsReadBack(@ForAll("plans") Plan plan, @ForAll("others") SettingValues others)
      throws IOException {
    Files.writeString(file, PlanText.of(plan, others));

    PlanFile read = PlanFile.read(file, Plan.DEFAULT);

    assertThat(read).isEqualTo(new PlanFile(plan, others));
  }

  private static Map<Setting<?>, Arbitrary<?>> values() {
    Map<Setting<?>, Arbitrary<?>> values = new HashMap<>();
    put(values, PlanSettings.WEIGHTS, Arbitraries.integers().between(2, 8));
    put(
        values,
        PlanSettings.BUDGET,
        Arbitraries.of("bits=3.5", "size=100k", "bops=2.5e9", "table=cost.csv:2.5", "size")
            .map(Budget::parse));
    put(values, PlanSettings.MAX_DROP, Arbitraries.of("1dB", "0.5%").map(Drop::parse));
    put(values, PlanSettings.SENSITIVITY, Arbitraries.of(Sensitivity.class));
    put(values, PlanSettings.ACTIVATIONS, Arbitraries.of(Target.DYNAMIC, 0, 2, 7, 8, 16));
    put(
        values,
        PlanSettings.GRANULARITY,
        Arbitraries.of(Granularity.TENSOR, Granularity.CHANNEL, Granularity.block(32)));
    put(values, PlanSettings.WEIGHT_GRID, Arbitraries.of(WeightGrid.class));
    put(
        values,
        PlanSettings.WEIGHT_LEVELS,
        Arbitraries.of("uniform", "codebook", "binary:2", "product:4").map(WeightLevels::parse));
    put(values, PlanSettings.KEEP_ZEROS, Arbitraries.of(true, false));
    put(values, PlanSettings.ACTIVATION_GRID, Arbitraries.of(ActivationGrid.class));
    put(values, PlanSettings.ROUNDING, Arbitraries.of(RoundingMethod.class));
    put(values, PlanSettings.EFFORT, Arbitraries.of(Effort.class));
    put(values, PlanSettings.REACH, Arbitraries.of(Reach.class));
    put(values, PlanSettings.WEIGHT_SCALES, Arbitraries.of(WeightScales.class));
    put(values, PlanSettings.BIAS_CORRECTION, Arbitraries.of(BiasCorrection.class));
    put(values, PlanSettings.LEARN, Arbitraries.of(Learn.class));
    put(values, PlanSettings.EQUALIZE, Arbitraries.of(Equalize.class));
    put(values, PlanSettings.ABSORB_BIAS, Arbitraries.of(true, false));
    put(values, PlanSettings.QUANTIZE, Arbitraries.of(Quantize.class));
    put(values, PlanSettings.EMBEDDINGS, Arbitraries.of(0, 4, 8));
    put(values, PlanSettings.TARGET, Arbitraries.of(Target.class));
    put(values, PlanSettings.SCHEDULE, Arbitraries.of(Schedule.class));
    put(
        values,
        PlanSettings.WEIGHT_RANGES,
        Arbitraries.of(new OutputMse(), new Lp(2.4), new Percentile(99.5)));
    put(
        values,
        PlanSettings.ACTIVATION_RANGES,
        Arbitraries.of(
            new Mse(),
            new Kl(),
            new Percentile(99.5),
            new CrossEntropy(),
            new BatchNormRange(),
            new MovingAverage(100)));
    put(values, PlanSettings.ENCODINGS_IN, paths());
    put(values, PlanSettings.SEED, Arbitraries.longs());
    put(values, PlanSettings.SKIP, Arbitraries.of(true, false));
    put(values, DataSettings.DATA, texts("a.npz:b", "folder/", "x=a b.npy"));
    put(
        values,
        DataSettings.NORMALIZE,
        texts("mean=0.5,std=0.25", "image:mean=0.1/0.2/0.3,scale=255"));
    put(values, DataSettings.IMAGE, Arbitraries.of("crop=224", "resize=256,color=rgb"));
    put(values, DataSettings.MASK, Arbitraries.of("mask", "attention_mask"));
    put(values, DataSettings.SAMPLES, Arbitraries.longs().between(1, Long.MAX_VALUE));
    put(values, DataSettings.BATCH, Arbitraries.integers().between(1, 512));
    put(values, ResourceSettings.THREADS, Arbitraries.integers().between(1, 64));
    put(values, ResourceSettings.MEMORY, Arbitraries.longs().between(1, Long.MAX_VALUE));
    put(values, ResourceSettings.SPOOL_DIR, paths());
    put(values, OutputSettings.OUT, paths());
    put(values, OutputSettings.REPORT, paths());
    put(values, OutputSettings.ENCODINGS, paths());
    put(values, OutputSettings.PLAN_OUT, paths());
    put(values, OutputSettings.QUIET, Arbitraries.of(true, false));
    put(values, OutputSettings.JSON, Arbitraries.of(true, false));
    return values;
  }

  private static <T> void put(
      Map<Setting<?>, Arbitrary<?>> values, Setting<T> setting, Arbitrary<T> arbitrary) {
    values.put(setting, arbitrary);
  }

  private static Arbitrary<List<String>> texts(String... some) {
    return Arbitraries.of(some).list().ofMinSize(1).ofMaxSize(2);
  }

  private static Arbitrary<Path> paths() {
    return Arbitraries.of("/tmp", "a b/c", "\"ü\".onnx").map(Path::of);
  }

  /** Some of the settings have a value. */
  private static Arbitrary<SettingValues> some(List<Setting<?>> settings) {
    Arbitrary<SettingValues> values = Arbitraries.just(SettingValues.NONE);
    for (Setting<?> setting : settings) {
      values = with(values, setting);
    }
    return values;
  }

  @SuppressWarnings("unchecked") // put() puts an Arbitrary<T> there
  private static <T> Arbitrary<SettingValues> with(
      Arbitrary<SettingValues> values, Setting<T> setting) {
    Arbitrary<T> value = ((Arbitrary<T>) VALUES.get(setting)).injectNull(0.3);
    return Combinators.combine(values, value).as((before, one) -> before.with(setting, one));
  }

  @Provide
  Arbitrary<Plan> plans() {
    Arbitrary<List<LayerOverride>> overrides =
        Combinators.combine(
                Arbitraries.of("/stem/Conv", "*/conv?/Conv", "a \"quoted\" = name", "é:ü"),
                some(PlanSettings.OF_LAYERS))
            .as(LayerOverride::new)
            .list()
            .ofMaxSize(3);
    Arbitrary<List<TensorOverride>> tensors =
        Combinators.combine(
                Arbitraries.of("/stem/Conv_output_0", "*", "logits"),
                some(PlanSettings.OF_TENSORS)
                    .filter(v -> !Objects.equals(v.said(PlanSettings.ACTIVATIONS), Target.DYNAMIC)))
            .as(TensorOverride::new)
            .list()
            .ofMaxSize(2);
    return Combinators.combine(some(PlanSettings.ALL), overrides, tensors).as(Plan::new);
  }

  @Provide
  Arbitrary<SettingValues> others() {
    return some(PlanFile.OTHERS);
  }
}
