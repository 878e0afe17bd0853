package io.halfstep.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.cli.options.SettingOptions;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.DataSettings;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.OutputSettings;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanFile;
import io.halfstep.plan.PlanSettings;
import io.halfstep.plan.PlanText;
import io.halfstep.plan.ResourceSettings;
import io.halfstep.plan.Setting;
import io.halfstep.plan.SettingValues;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** A declared setting is known everywhere settings are read and written. */
class SettingsTest {
  private static final List<Example<?>> EXAMPLES =
      List.of(
          new Example<>(PlanSettings.WEIGHTS, "3", "9"),
          new Example<>(PlanSettings.BUDGET, "bits=3.5", "bits=9"),
          new Example<>(PlanSettings.MAX_DROP, "0.5dB", "5"),
          new Example<>(PlanSettings.SENSITIVITY, "hessian-trace", "loss"),
          new Example<>(PlanSettings.ACTIVATIONS, "float", "12"),
          new Example<>(PlanSettings.GRANULARITY, "block:32", "block:1"),
          new Example<>(PlanSettings.WEIGHT_GRID, "asymmetric", "skewed"),
          new Example<>(PlanSettings.WEIGHT_LEVELS, "binary:2", "binary:9"),
          new Example<>(PlanSettings.KEEP_ZEROS, "true", "maybe"),
          new Example<>(PlanSettings.ACTIVATION_GRID, "symmetric", "restricted"),
          new Example<>(PlanSettings.ROUNDING, "adaround-samples", "best"),
          new Example<>(PlanSettings.EFFORT, "best", "most"),
          new Example<>(PlanSettings.BIAS_CORRECTION, "empirical", "on"),
          new Example<>(PlanSettings.LEARN, "blocks", "on"),
          new Example<>(PlanSettings.EQUALIZE, "clip", "relu6"),
          new Example<>(PlanSettings.ABSORB_BIAS, "true", "maybe"),
          new Example<>(PlanSettings.QUANTIZE, "all", "everything"),
          new Example<>(PlanSettings.EMBEDDINGS, "4", "2"),
          new Example<>(PlanSettings.TARGET, "generic-int8", "int8"),
          new Example<>(PlanSettings.REACH, "floor-ceil", "far"),
          new Example<>(PlanSettings.WEIGHT_SCALES, "learned", "guessed"),
          new Example<>(PlanSettings.SCHEDULE, "parallel", "later"),
          new Example<>(PlanSettings.WEIGHT_RANGES, "output-mse", "kl"),
          new Example<>(PlanSettings.ACTIVATION_RANGES, "kl", "output-mse"),
          new Example<>(PlanSettings.ENCODINGS_IN, "given.json", " "),
          new Example<>(PlanSettings.SEED, "-7", "x"),
          new Example<>(DataSettings.DATA, "x=a.npz:b", " "),
          new Example<>(DataSettings.NORMALIZE, "mean=0.5,std=0.25", " "),
          new Example<>(DataSettings.IMAGE, "crop=224", " "),
          new Example<>(DataSettings.MASK, "mask", " "),
          new Example<>(DataSettings.SAMPLES, "5", "0"),
          new Example<>(DataSettings.BATCH, "4", "0"),
          new Example<>(ResourceSettings.THREADS, "3", "0"),
          new Example<>(ResourceSettings.MEMORY, "1000", "0"),
          new Example<>(ResourceSettings.SPOOL_DIR, "/spool", " "),
          new Example<>(OutputSettings.OUT, "out.onnx", " "),
          new Example<>(OutputSettings.REPORT, "out.html", " "),
          new Example<>(OutputSettings.ENCODINGS, "out.json", " "),
          new Example<>(OutputSettings.PLAN_OUT, "plan.conf", " "),
          new Example<>(OutputSettings.QUIET, "true", "maybe"),
          new Example<>(OutputSettings.JSON, "true", "maybe"),
          new Example<>(PlanSettings.SKIP, "true", "maybe"));

  private final Path file;

  SettingsTest(@TempDir Path folder) {
    file = folder.resolve("plan.conf");
  }

  /**
   * A setting with a valid non-default value and an invalid one.
   *
   * @param good accepted
   * @param bad refused
   */
  private record Example<T>(Setting<T> setting, String good, String bad) {
    T value() {
      return requireNonNull(setting.syntax().parse(good));
    }

    boolean isOfPlan() {
      return PlanSettings.ALL.contains(setting);
    }

    SettingValues built() {
      return isOfPlan()
          ? Plan.DEFAULT.toBuilder().set(setting, value()).build().values()
          : SettingValues.NONE.with(setting, value());
    }

    @Override
    public String toString() {
      return setting.name();
    }
  }

  static Stream<Example<?>> ofRuns() {
    return EXAMPLES.stream().filter(example -> !example.setting().equals(PlanSettings.SKIP));
  }

  static Stream<Example<?>> ofLayers() {
    return EXAMPLES.stream().filter(example -> example.setting().layerName() != null);
  }

  @Test
  void everyDeclarationIsListedAndHasAnExample() throws IllegalAccessException {
    List<Object> declared = new ArrayList<>();
    for (Class<?> place :
        List.of(
            PlanSettings.class, DataSettings.class, ResourceSettings.class, OutputSettings.class)) {
      for (Field field : place.getFields()) {
        if (field.getType() == Setting.class) {
          declared.add(field.get(null));
        }
      }
    }
    List<Object> listed = new ArrayList<>(PlanSettings.ALL);
    listed.addAll(PlanFile.OTHERS);
    listed.add(PlanSettings.SKIP);

    assertThat(declared).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(listed);
    assertThat(EXAMPLES.stream().<Object>map(Example::setting)).hasSameElementsAs(listed);
  }

  @ParameterizedTest
  @MethodSource("ofRuns")
  <T> void theCommandLineSetsIt(Example<T> example) {
    assertThat(parsed(example, example.good()).said(example.setting())).isEqualTo(example.value());
  }

  @ParameterizedTest
  @MethodSource("ofRuns")
  void theCommandLineRefusesWhatIsOutOfBounds(Example<?> example) {
    assertThatThrownBy(() -> parsed(example, example.bad()))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("'--" + example.setting().group() + "'")
        .hasMessageContaining("'" + example.bad() + "'");
  }

  @ParameterizedTest
  @MethodSource("ofRuns")
  void aPlanFileSetsIt(Example<?> example) throws IOException {
    PlanFile read = read("%s = \"%s\"".formatted(example.setting().name(), example.good()));

    assertThat(example.isOfPlan() ? read.plan().values() : read.others())
        .isEqualTo(example.built());
  }

  @ParameterizedTest
  @MethodSource("ofRuns")
  void aPlanFileRefusesWhatIsOutOfBounds(Example<?> example) {
    Setting<?> setting = example.setting();

    assertThatThrownBy(() -> read("\n%s = \"%s\"".formatted(setting.name(), example.bad())))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "%s:2: %s: found '%s', expected %s",
            file, setting.name(), example.bad(), setting.syntax().expected());
  }

  @ParameterizedTest
  @MethodSource("ofRuns")
  void theTextFormKeepsIt(Example<?> example) throws IOException {
    SettingValues built = example.built();
    Plan plan = example.isOfPlan() ? new Plan(built, List.of(), List.of()) : Plan.DEFAULT;
    SettingValues others = example.isOfPlan() ? SettingValues.NONE : built;

    assertThat(built).isNotIn(Plan.DEFAULT.values(), SettingValues.NONE);
    assertThat(read(PlanText.of(plan, others))).isEqualTo(new PlanFile(plan, others));
  }

  @ParameterizedTest
  @MethodSource("ofRuns")
  void theHelpExplainsIt(Example<?> example) {
    Setting<?> setting = example.setting();
    String help = CommandLineRun.of("quantize", "--help").out();
    Matcher option = Pattern.compile("(?m)^ +--" + setting.group() + "[ =]").matcher(help);

    assertThat(option.find()).isTrue();
    String explained = help.substring(option.start()).replaceAll("\\s", "");
    assertThat(explained).contains(setting.otherwise().replace(" ", ""));
    assertThat(setting.help()).allMatch(line -> explained.contains(line.replace(" ", "")));
    assertThat(setting.syntax().words()).allMatch(explained::contains);
  }

  @ParameterizedTest
  @MethodSource("ofLayers")
  <T> void singleLayersMayDifferInIt(Example<T> example) throws IOException {
    String layer = "layers = [{match = fc, %s = \"%s\"}]";
    String key = requireNonNull(example.setting().layerName());
    Plan plan =
        Plan.DEFAULT.toBuilder()
            .override(LayerOverride.of("fc").with(example.setting(), example.value()))
            .build();

    assertThat(plan.layer("fc")).isNotEqualTo(Plan.DEFAULT.layer("fc"));
    assertThat(plan.layer("conv")).isEqualTo(Plan.DEFAULT.layer("conv"));
    assertThat(read(layer.formatted(key, example.good())).plan()).isEqualTo(plan);
    assertThat(read(PlanText.of(plan)).plan()).isEqualTo(plan);
    assertThatThrownBy(() -> read(layer.formatted(key, example.bad())))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("layers[0].%s: found '%s'", key, example.bad());
  }

  private static SettingValues parsed(Example<?> example, String text) {
    Setting<?> setting = example.setting();
    SettingOptions options =
        new SettingOptions(
            Stream.concat(PlanSettings.ALL.stream(), PlanFile.OTHERS.stream()).toList());
    CommandSpec command = CommandSpec.create();
    options.addTo(command, "Settings:");
    String value = setting.part().isEmpty() ? text : setting.part() + "=" + text;
    String option = "--" + setting.group();
    new CommandLine(command).parseArgs(text.equals("true") ? option : option + "=" + value);
    return options.given();
  }

  private PlanFile read(String text) throws IOException {
    return PlanFile.read(Files.writeString(file, text), Plan.DEFAULT);
  }
}
