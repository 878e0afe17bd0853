package io.halfstep.encodings;

import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.Quantization;
import io.halfstep.QuantizedModel;
import io.halfstep.export.QdqModel;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import io.halfstep.plan.Plan.Equalize;
import io.halfstep.plan.Plan.Quantize;
import io.halfstep.plan.Plan.Schedule;
import io.halfstep.plan.Plan.WeightGrid;
import io.halfstep.plan.Plan.WeightScales;
import io.halfstep.plan.PlanFile;
import io.halfstep.plan.TensorOverride;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.Target;
import io.halfstep.ranges.RangeMethod.MinMax;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class GivenEncodingsTest {
  private static final int SAMPLES = 40;

  private final Path folder;
  private final Path model;
  private final Path data;

  GivenEncodingsTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    model = network().write(folder.resolve("model.onnx"));
    Random random = new Random(3);
    float[] values = new float[SAMPLES * 4 * 6 * 6];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    data = NpyFiles.write(folder.resolve("x.npy"), Tensor.of(values, SAMPLES, 4, 6, 6));
  }

  /** Convolutions with a shortcut and a Concat, and a MatMul of channels of different ranges. */
  private static OnnxGraphs network() {
    return OnnxGraphs.opset(17)
        .input("x", -1, 4, 6, 6)
        .weight("aw", 4, 4, 3, 3)
        .weight("ab", 4)
        .node("Conv", "a", List.of("x", "aw", "ab"), ints("pads", 1, 1, 1, 1))
        .node("Relu", "ar", List.of("a"))
        .node("Concat", "j", List.of("ar", "x"), integer("axis", 1))
        .weight("bw", 3, 8, 1, 1)
        .node("Conv", "b", List.of("j", "bw"))
        .initializer("gain", Tensor.of(new float[] {1, 1, 40, 1, 1, 1}, 6))
        .node("Mul", "t", List.of("b", "gain"))
        .weight("cw", 6, 5)
        .node("MatMul", "y", List.of("t", "cw"))
        .output("y");
  }

  private QuantizedModel run(Plan plan) throws InterruptedException {
    return Quantization.of(model).data(data.toString()).plan(plan).run();
  }

  private static byte[] bytes(QuantizedModel quantized) {
    ModelProto exported = QdqModel.of(quantized.network());
    return exported.toByteArray();
  }

  private Path written(QuantizedModel quantized, String name) {
    Path file = folder.resolve(name);
    quantized.writeEncodings(file);
    return file;
  }

  static Stream<Plan> plans() {
    Plan usual = Plan.DEFAULT;
    return Stream.of(
        usual,
        usual.toBuilder().schedule(Schedule.PARALLEL).build(),
        usual.toBuilder().quantize(Quantize.ALL).build(),
        usual.toBuilder().quantize(Quantize.ALL).schedule(Schedule.PARALLEL).build(),
        blocks(),
        usual.toBuilder().weightBits(8).granularity(Granularity.TENSOR).build(),
        usual.toBuilder().weightGrid(WeightGrid.RESTRICTED).equalize(Equalize.RELU).build(),
        usual.toBuilder().activationBits(0).build(),
        usual.toBuilder().target(Target.TENSORRT).build());
  }

  /** With learned scales, rounding alone may find other integers for the same encodings. */
  private static Plan blocks() {
    return Plan.DEFAULT.toBuilder()
        .weightBits(2)
        .weightScales(WeightScales.KEPT)
        .granularity(Granularity.block(4))
        .build();
  }

  @ParameterizedTest
  @MethodSource("plans")
  void whatIsWrittenIsTakenAsItIs(Plan plan) throws Exception {
    QuantizedModel first = run(plan);
    Path file = written(first, "first.json");
    QuantizedModel second = run(plan.toBuilder().encodingsIn(file).build());

    assertThat(Files.readString(written(second, "second.json"))).isEqualTo(Files.readString(file));
    assertThat(second.unusedEncodings()).isEmpty();
    assertThat(second.network().activations()).isEqualTo(first.network().activations());
    assertThat(bytes(second)).isEqualTo(bytes(first));
  }

  /** Calibration would choose others: another method, other bits. */
  @ParameterizedTest
  @CsvSource({"LAYERS, WAVE", "LAYERS, PARALLEL", "ALL, WAVE", "ALL, PARALLEL"})
  void theFileComesBeforeThePlan(Quantize quantize, Schedule schedule) throws Exception {
    Plan plan = Plan.DEFAULT.toBuilder().quantize(quantize).schedule(schedule).build();
    Path file = written(run(plan), "first.json");
    Plan other =
        plan.toBuilder()
            .weightBits(3)
            .granularity(Granularity.TENSOR)
            .weightRanges(new MinMax())
            .activationRanges(new MinMax())
            .override(LayerOverride.of("b").weightBits(5))
            .override(TensorOverride.of("j").bits(16))
            .build();
    QuantizedModel changed = run(other.toBuilder().encodingsIn(file).build());

    assertThat(Files.readString(written(changed, "second.json"))).isEqualTo(Files.readString(file));
    assertThat(Files.readString(written(run(other), "other.json")))
        .isNotEqualTo(Files.readString(file));
  }

  @Test
  void withoutSamplesToo() throws Exception {
    Path file = written(run(Plan.DEFAULT), "first.json");
    Plan plan = Plan.DEFAULT.toBuilder().encodingsIn(file).build();
    QuantizedModel quantized = Quantization.of(model).plan(plan).run();

    assertThat(Files.readString(written(quantized, "second.json")))
        .isEqualTo(Files.readString(file));
    assertThat(quantized.network().layers())
        .extracting(QuantizedLayer::note)
        .noneMatch(note -> note.contains("float"));
  }

  private static final String ACTIVATIONS =
      """
      {"name": "x", "enc_type": "PER_TENSOR", "dtype": "INT", "bw": 8, "is_sym": false,
       "scale": [0.02999999932944775], "offset": [-117.0]},
      {"name": "t", "enc_type": "PER_TENSOR", "dtype": "FLOAT", "bw": 16},
      {"name": "nowhere", "enc_type": "PER_TENSOR", "dtype": "INT", "bw": 8, "is_sym": true,
       "scale": [0.5], "offset": [-128]}""";

  private static final String PARAMETERS =
      """
      {"name": "aw", "enc_type": "PER_CHANNEL", "dtype": "INT", "bw": 4, "is_sym": true,
       "scale": [0.11, 0.12, 0.13, 0.14], "offset": [-8, -8, -8, -8]},
      {"name": "ab", "enc_type": "PER_TENSOR", "dtype": "INT", "bw": 32, "is_sym": true,
       "scale": [1e-9], "offset": [-2147483648]},
      {"name": "bw", "enc_type": "PER_BLOCK", "block_size": 4, "dtype": "INT", "bw": 4,
       "is_sym": false, "scale": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "offset": [-7, -8, -9, 0, -15, -1]}""";

  private Path aimet(String activations, String parameters) throws IOException {
    return Files.writeString(
        folder.resolve("aimet.json"),
        """
        {"version": "1.0.0", "producer": "aimet",
         "activation_encodings": [%s], "param_encodings": [%s],
         "quantizer_args": {"param_bitwidth": 4}, "excluded_layers": []}
        """
            .formatted(activations, parameters));
  }

  @Test
  void readsWhatAimetWrites() throws Exception {
    Path file = aimet(ACTIVATIONS, PARAMETERS);
    QuantizedModel quantized = run(Plan.DEFAULT.toBuilder().encodingsIn(file).build());
    Map<String, Encoding> activations = quantized.network().activations();

    assertThat(activations).containsOnlyKeys("x", "j");
    assertThat(activations.get("x")).isEqualTo(Encoding.perTensor(Grid.unsigned(8), 0.03f, 117));
    assertThat(weights(quantized))
        .containsEntry(
            "a",
            Encoding.perChannel(
                Grid.signed(4), new float[] {0.11f, 0.12f, 0.13f, 0.14f}, new int[4]))
        .containsEntry(
            "b",
            Encoding.perBlock(
                Grid.unsigned(4),
                4,
                2,
                new float[] {0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f},
                new int[] {7, 8, 9, 0, 15, 1}));
    assertThat(weights(quantized).get("y").granularity()).isEqualTo(Granularity.CHANNEL);
    assertThat(quantized.unusedEncodings().orElseThrow()).endsWith(": nowhere");
  }

  private static Map<String, Encoding> weights(QuantizedModel quantized) {
    return quantized.network().layers().stream()
        .collect(Collectors.toMap(QuantizedLayer::name, layer -> layer.weight().encoding()));
  }

  @Test
  void aWeightInFloatLeavesItsLayerInFloat() throws Exception {
    Path file = aimet("", "{\"name\": \"bw\", \"bw\": 16, \"dtype\": \"FLOAT\"}");
    QuantizedModel quantized = run(Plan.DEFAULT.toBuilder().encodingsIn(file).build());

    assertThat(weights(quantized)).containsOnlyKeys("a", "y");
  }

  /** The plan that is written has the bits, and the file's name. */
  @Test
  void thePlanCanBeWrittenAndUsedAgain() throws Exception {
    Path file = written(run(Plan.DEFAULT), "first.json");
    QuantizedModel first = run(Plan.DEFAULT.toBuilder().encodingsIn(file).build());
    first.writePlan(folder.resolve("plan.conf"));
    Plan again = PlanFile.read(folder.resolve("plan.conf"), Plan.DEFAULT).plan();

    assertThat(again.encodingsIn()).isEqualTo(file);
    assertThat(bytes(run(again))).isEqualTo(bytes(first));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "bw": 8                | "bw": 9         | activation 'x': bw is 9: expected 2 to 8, 16, or 32 for float
          "INT", "bw": 8         | "I8", "bw": 8   | activation 'x': dtype is "I8": expected INT or FLOAT
          PER_TENSOR             | PER_CHANNEL     | activation 'x': enc_type is "PER_CHANNEL": expected PER_TENSOR
          [0.02999999932944775]  | [-0.5]          | activation 'x': scale[0] is -0.5: expected a positive number
          [0.02999999932944775]  | [0.1, 0.2]      | activation 'x': offset is 1 numbers: expected 2, one for each scale
          [-117.0]               | [-256]          | activation 'x': offset[0] is -256: expected -255 to 0 for 8 bits
          [-117.0]               | [-1.5]          | activation 'x': offset[0] is -1.5: expected a whole number
          [-117.0]               | [0], "zero_point_shift": [0.5] | activation 'x': zero_point_shift is a list: expected none: zero points are integers
          "is_sym": false        | "is_sym": "yes" | activation 'x': is_sym is "yes": expected true or false
          {"name": "x"           | {"nom": "x"     | activation_encodings[0]: name is missing: expected the name of a tensor
          "nowhere"              | "x"             | activation 'x' is named twice: expected once
          "bw": 4                | "bw": 16        | param 'aw': bw is 16: expected 2 to 8, or 32 for float
          PER_CHANNEL            | LPBQ            | param 'aw': enc_type is "LPBQ": expected PER_TENSOR, PER_CHANNEL or PER_BLOCK
          PER_CHANNEL            | PER_TENSOR      | param 'aw': scale is 4 numbers: expected 1, one per tensor of a weight [4, 4, 3, 3]
          PER_CHANNEL            | PER_CHANNEL", "axis": 1, "y": " | param 'aw': axis is 1: expected 0 for a weight [4, 4, 3, 3]
          "block_size": 4        | "block_size": 2 | param 'bw': scale is 6 numbers: expected 12, one per block:2 of a weight [3, 8, 1, 1]
          "block_size": 4        | "block_size": 1 | param 'bw': block_size is 1: expected 2 or more
          "version": "1.0.0"     | "version": "0.6.1" | version is "0.6.1": expected "1.0.0", which AIMET writes if its encoding_version is set to it
          "param_encodings": [   | "params": [     | param_encodings is missing: expected a list
          """)
  void saysWhatIsWrong(String right, String wrong, String message) throws IOException {
    Path file = aimet(ACTIVATIONS, PARAMETERS);
    String text = Files.readString(file);
    assertThat(text).contains(right);
    Files.writeString(file, text.replaceFirst(Pattern.quote(right), wrong));

    assertRefused(Plan.DEFAULT, file, ": " + message);
  }

  private void assertRefused(Plan plan, Path file, String message) {
    assertThatThrownBy(() -> run(plan.toBuilder().encodingsIn(file).build()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(file + message);
  }

  @Test
  void aFileThatIsNoneIsRefused() throws IOException {
    assertRefused(
        Plan.DEFAULT, folder.resolve("no.json"), ": no such file, expected encodings in JSON");
    Path text = Files.writeString(folder.resolve("text.json"), "encodings");
    assertThatThrownBy(() -> run(Plan.DEFAULT.toBuilder().encodingsIn(text).build()))
        .hasMessageStartingWith(text + ": not JSON: ");
  }

  @Test
  void theInputsOfAConcatShareOne() throws IOException {
    String another = ACTIVATIONS.replace("nowhere", "ar");
    Plan plan = Plan.DEFAULT.toBuilder().quantize(Quantize.ALL).build();
    Path file = aimet(another, PARAMETERS);
    assertThatThrownBy(() -> run(plan.toBuilder().encodingsIn(file).build()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("its encoding is")
        .hasMessageContaining("'x'")
        .hasMessageContaining("'ar'");
  }

  @Test
  void theTargetMustExecuteThem() throws IOException {
    Plan plan = Plan.DEFAULT.toBuilder().target(Target.TENSORRT).build();
    Path file = aimet("", PARAMETERS);
    assertThatThrownBy(() -> run(plan.toBuilder().encodingsIn(file).build()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(file + ": plan: weight")
        .hasMessageContaining("target = tensorrt");
  }

  @Test
  void factorsThatDoNotCancelAreRefused() throws Exception {
    QuantizedModel first = run(Plan.DEFAULT);
    assertThat(first.network().activations().get("t").factors().isNone()).isFalse();
    String text = Files.readString(written(first, "first.json"));
    int at = text.indexOf("\"factors\"", text.indexOf("\"cw\""));
    int end = text.indexOf(']', at);
    String cut = text.substring(0, at) + "\"none\": 0" + text.substring(end + 1);
    Path file = Files.writeString(folder.resolve("cut.json"), cut);
    assertRefused(
        Plan.DEFAULT,
        file,
        ": param 'cw': factors is no factors: expected the inverse of those of activation 't',"
            + " which has 6 factors");
  }
}
