package io.halfstep.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Plan.ActivationGrid;
import io.halfstep.plan.Plan.Schedule;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.quantizer.Granularity;
import io.halfstep.ranges.CrossEntropy;
import io.halfstep.ranges.RangeMethod;
import io.halfstep.rounding.RoundingMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanFileTest {
  private final Path folder;

  PlanFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void theExampleHoldsEveryOption() {
    Path example = Path.of("config/plan.conf");
    Config text = ConfigFactory.parseFile(example.toFile());
    PlanFile file = PlanFile.read(example, Plan.DEFAULT);

    assertThat(PlanSettings.ALL).allMatch(setting -> text.hasPath(setting.name()));
    assertThat(PlanFile.OTHERS).allMatch(setting -> text.hasPath(setting.name()));

    Plan expected =
        Plan.DEFAULT.toBuilder()
            .weightBits(4)
            .activationBits(8)
            .activationGrid(ActivationGrid.ASYMMETRIC)
            .quantize(Plan.Quantize.LAYERS)
            .budget(Budget.parse("bits"))
            .maxDrop(Drop.parse("0.5dB"))
            .weightGrid(WeightGrid.SYMMETRIC)
            .weightScales(Plan.WeightScales.KEPT)
            .activationRanges(new RangeMethod.Percentile(99.99))
            .encodingsIn(Path.of("given.json"))
            .override(
                LayerOverride.of("/stem/*")
                    .weightBits(8)
                    .rounding(RoundingMethod.NEAREST)
                    .weightRanges(new RangeMethod.MinMax()))
            .override(
                LayerOverride.of("/blocks.{0,1}/conv?/Conv")
                    .weightBits(3)
                    .granularity(Granularity.CHANNEL)
                    .weightGrid(WeightGrid.ASYMMETRIC))
            .override(
                LayerOverride.of("/head/Conv")
                    .activationBits(16)
                    .activationGrid(ActivationGrid.SYMMETRIC)
                    .activationRanges(new RangeMethod.MinMax()))
            .override(LayerOverride.of("/fc/Gemm").skip(true))
            .override(
                TensorOverride.of("*logits*")
                    .bits(16)
                    .grid(ActivationGrid.ASYMMETRIC)
                    .ranges(new CrossEntropy()))
            .build();
    assertThat(file.plan()).isEqualTo(expected);
    assertThat(file.data())
        .isEqualTo(
            DataSettings.NONE
                .withFiles(List.of("src/examples/fashion-mnist/calibration.npz:images"))
                .withNormalization(List.of("mean=0.2860,std=0.3530,scale=255"))
                .withImage("resize=256,crop=224,layout=nchw,color=rgb")
                .withMask("attention_mask")
                .withSamples(1024)
                .withBatch(32));
    assertThat(file.resources())
        .isEqualTo(
            ResourceSettings.NONE
                .withThreads(2)
                .withMemory(512L << 20)
                .withSpoolDirectory(Path.of("/tmp")));
    assertThat(file.outputs().out()).isEqualTo(Path.of("model.int4.onnx"));
    assertThat(file.outputs().report()).isEqualTo(Path.of("report.html"));
    assertThat(file.outputs().encodings()).isEqualTo(Path.of("encodings.json"));
  }

  @Test
  void changesOnlyWhatItNames() throws IOException {
    Plan base =
        Plan.DEFAULT.toBuilder()
            .weightBits(3)
            .override(LayerOverride.of("a").weightBits(8))
            .build();

    assertThat(read("", base)).isEqualTo(new PlanFile(base, SettingValues.NONE));

    PlanFile file =
        read(
            "activations = float, schedule = parallel, ranges.activations = minmax, seed = -7\n"
                + "layers = [{match = b, skip = true}], tensors = [{match = t, activations = 16}]",
            base);
    assertThat(file.plan())
        .isEqualTo(
            base.toBuilder()
                .activationBits(0)
                .schedule(Schedule.PARALLEL)
                .activationRanges(new RangeMethod.MinMax())
                .seed(-7)
                .override(LayerOverride.of("b").skip(true))
                .override(TensorOverride.of("t").bits(16))
                .build());
  }

  @Test
  void oneRangeMethodServesBoth() throws IOException {
    Plan plan = read("ranges = \"percentile:99\"", Plan.DEFAULT).plan();

    assertThat(plan.weightRanges()).isEqualTo(new RangeMethod.Percentile(99));
    assertThat(plan.activationRanges()).isEqualTo(new RangeMethod.Percentile(99));
  }

  @Test
  void readsJsonAndQuotedNumbers() throws IOException {
    PlanFile file =
        read(
            "{\"weights\": \"5\", \"rounding\": \"adaround-samples\", \"memory\": 1000}",
            Plan.DEFAULT);

    assertThat(file.plan().weightBits()).isEqualTo(5);
    assertThat(file.plan().rounding()).isEqualTo(RoundingMethod.ADAROUND_SAMPLES);
    assertThat(file.resources().memory()).isEqualTo(1000);
  }

  @Test
  void takesOneTextOrAList() throws IOException {
    assertThat(read("data = a.npy", Plan.DEFAULT).data().files()).containsExactly("a.npy");
    assertThat(read("data = [a.npy, \"x=b.npy\"]", Plan.DEFAULT).data().files())
        .containsExactly("a.npy", "x=b.npy");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          weights = 9                        | 3: weights: found '9', expected a whole number from 2 to 8
          weights = 4.5                      | 3: weights: found '4.5', expected a whole number from 2 to 8
          weights = four                     | 3: weights: found 'four', expected a whole number from 2 to 8
          weights = [4]                      | 3: weights: found a list, expected a whole number from 2 to 8
          weights = null                     | 3: weights: found null, expected a whole number from 2 to 8
          activations = 12                   | 3: activations: found '12', expected a whole number from 2 to 8, or 16, or dynamic or float
          granularity = row                  | 3: granularity: found 'row', expected tensor, channel or "block:SIZE" with SIZE at least 2, e.g. "block:32"
          granularity = "block:1"            | 3: granularity: found 'block:1', expected tensor, channel or "block:SIZE" with SIZE at least 2, e.g. "block:32"
          weight-grid = true                 | 3: weight-grid: found 'true', expected symmetric, restricted, asymmetric
          rounding = best                    | 3: rounding: found 'best', expected lattice, lattice-samples, exact, adaround, adaround-samples, nearest, stochastic
          ranges = max                       | 3: ranges: found 'max', expected minmax, mse, "lp:P"
          ranges.weights = "percentile:20"   | 3: ranges.weights: found 'percentile:20', expected minmax, mse, "lp:P"
          ranges.weight = mse                | 3: ranges.weight: unknown key, did you mean weights?
          wieghts = 4                        | 3: wieghts: unknown key, did you mean weights?
          frobnicate = 4                     | 3: frobnicate: unknown key, expected one of absorb-bias, activation-grid, activations,
          seed = x                           | 3: seed: found 'x', expected a whole number
          samples = 0                        | 3: samples: found '0', expected a whole number, at least 1
          batch = 3000000000                 | 3: batch: found '3000000000', expected a whole number, at least 1
          threads = -1                       | 3: threads: found '-1', expected a whole number, at least 1
          memory = lots                      | 3: memory: found 'lots', expected a number of bytes, e.g. 536870912, 512m or 2g
          quiet = maybe                      | 3: quiet: found 'maybe', expected true or false
          data = { a = b }                   | 3: data: found an object, expected a text
          data = [a, [b]]                    | 3: data[1]: found a list, expected a text
          layers = 4                         | 3: layers: found '4', expected a list of objects in [ ]
          layers = [conv]                    | 3: layers[0]: found 'conv', expected an object in { }
          layers = [{bits = 4}]              | 3: layers[0].match: missing, expected the name of a layer, or a glob
          layers = [{match = a, bits = 1}]   | 3: layers[0].bits: found '1', expected a whole number from 2 to 8
          layers = [{match = a, bit = 4}]    | 3: layers[0].bit: unknown key, did you mean bits?
          layers = [{match = a, skip = 1}]   | 3: layers[0].skip: found '1', expected true or false
          out = ""                           | 3: out: found '', expected a path
          """)
  void saysWhereWhatAndWhatInstead(String line, String message) {
    assertThatThrownBy(() -> read("# a plan\n\n" + line + "\n", Plan.DEFAULT))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(folder.resolve("plan.conf") + ":" + message)
        .message()
        .doesNotContain("\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          layers = [          | List should have ]
          weights = ${nowhere}| nowhere
          a b = = c           | 1
          """)
  void saysWhereTheSyntaxIsWrong(String text, String hint) {
    assertThatThrownBy(() -> read(text, Plan.DEFAULT))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(folder.resolve("plan.conf").toString())
        .hasMessageContaining(hint)
        .message()
        .doesNotContain("\n");
  }

  @Test
  void onesOwnFileIncludesWhatLiesBesideIt() throws IOException {
    Files.writeString(folder.resolve("layers.conf"), "layers = [{match = a, skip = true}]\n");

    assertThat(read("include \"layers.conf\"\nseed = 1\nseed = ${seed}", Plan.DEFAULT).plan())
        .isEqualTo(
            Plan.DEFAULT.toBuilder().seed(1).override(LayerOverride.of("a").skip(true)).build());
  }

  @Test
  void aPlanOfSomebodyElseSaysWhatItSaysByItself() throws IOException {
    Files.writeString(folder.resolve("layers.conf"), "layers = [{match = SECRET}]\n");
    Path file = folder.resolve("plan.conf");

    for (String included :
        new String[] {
          "\"layers.conf\"",
          "file(\"layers.conf\")",
          "required(file(\"layers.conf\"))",
          "url(\"file:%s/layers.conf\")".formatted(folder),
          "classpath(\"service.conf\")"
        }) {
      Files.writeString(file, "seed = 1\ninclude " + included);
      assertThatThrownBy(() -> foreign(file))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage(file + ": includes another file; write what it says into this one");
    }
    for (String reference :
        new String[] {"${PATH}", "${?PATH}", "${java.version}", "${seed}", "a ${seed}"}) {
      Files.writeString(file, "seed = 1\nout = " + reference);
      assertThatThrownBy(() -> foreign(file))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage(file + ": refers to another value by ${…}; write the value itself");
    }
  }

  @Test
  void aPlanOfSomebodyElseIsNeitherLongNorDeep() throws IOException {
    Path file = folder.resolve("plan.conf");
    String deep = "[".repeat(17);
    for (String text :
        new String[] {
          "x = " + deep,
          "x = \"[\\\"\" " + deep,
          "# ]]]]\nx = [[[[[[[[\n// ]]]]]\n[[[[[[[[[",
          "x = \"\"\"\" \"\"\"\" " + deep,
          "x = " + "{a = ".repeat(100_000)
        }) {
      Files.writeString(file, text);
      assertThatThrownBy(() -> foreign(file))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage(file + ": nested deeper than 16 levels");
    }
    Files.writeString(file, "a.".repeat(200_000) + "a = 1");
    assertThatThrownBy(() -> foreign(file)).isInstanceOf(InvalidInputException.class);
    Files.writeString(file, "#" + "x".repeat(1 << 20));
    assertThatThrownBy(() -> foreign(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(file + ": longer than 1048576 bytes");
    Files.writeString(
        file,
        "# " + deep + "\nlayers = [{match = \"/blocks.{0,1}/[[[[[[[[[[[[[[[[[[[[\", skip = true}]");
    assertThat(foreign(file).plan().overrides()).hasSize(1);
  }

  @Test
  void saysThatAFileIsMissing() {
    assertThatThrownBy(() -> PlanFile.read(folder.resolve("none.conf"), Plan.DEFAULT))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("none.conf: no such file");
    assertThatThrownBy(() -> PlanFile.read(folder, Plan.DEFAULT))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no such file");
  }

  @Test
  void aPlanOfSomebodyElseSetsOnlyWhatIsAccepted() throws IOException {
    Path file = Files.writeString(folder.resolve("plan.conf"), "seed = 1\n\nbatch = 2");

    PlanFile plan =
        PlanFile.readForeign(file, Plan.DEFAULT, List.of(DataSettings.BATCH), "not here");
    assertThat(plan.data().batch()).isEqualTo(2);
    assertThatThrownBy(
            () ->
                PlanFile.readForeign(file, Plan.DEFAULT, List.of(DataSettings.SAMPLES), "not here"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(file + ":3: batch: not here");
    Files.writeString(file, "encodings-in = /etc/passwd");
    assertThatThrownBy(() -> foreign(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(file + ":1: encodings-in: ");
  }

  private static PlanFile foreign(Path file) {
    return PlanFile.readForeign(file, Plan.DEFAULT, PlanFile.OTHERS, "");
  }

  private PlanFile read(String text, Plan base) throws IOException {
    return PlanFile.read(Files.writeString(folder.resolve("plan.conf"), text), base);
  }
}
