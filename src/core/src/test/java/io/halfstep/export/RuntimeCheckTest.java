package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.halfstep.network.Padding;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.ReferenceBatch;
import io.halfstep.quantizer.Candidate;
import io.halfstep.quantizer.Grid;
import io.halfstep.quantizer.Target;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuntimeCheckTest {
  private static final Map<String, float[]> IMAGES = Map.of("image", Samples.fashionMnist(8));
  private static final QuantizedNetwork PLAIN =
      NearestNetwork.of(Samples.FOLDER.resolve("resnet14.onnx"))
          .weights(Grid.signed(8), true)
          .activations(Grid.unsigned(8), IMAGES)
          .build();

  private static float[] logits(ModelProto model, OptLevel level) {
    return floats(Objects.requireNonNull(Execution.run(model, level, IMAGES).get("logits")));
  }

  private static float[] floats(double[] reals) {
    float[] floats = new float[reals.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) reals[i];
    }
    return floats;
  }

  private static ReferenceBatch reference(float[] student) {
    float[] teacher = logits(PLAIN.graph().model().proto(), OptLevel.ALL_OPT);
    return new ReferenceBatch(
        Map.of("image", Tensor.of(IMAGES.get("image"), 8, 1, 28, 28)),
        Map.of("logits", Tensor.of(teacher, 8, 10)),
        Map.of("logits", Tensor.of(student, 8, 10)),
        null);
  }

  private static QuantizedNetwork with(ReferenceBatch reference) {
    return new QuantizedNetwork(
        PLAIN.graph(),
        PLAIN.layers(),
        PLAIN.stored(),
        PLAIN.activations(),
        PLAIN.dynamic(),
        Map.of(),
        Map.of(),
        Map.of(),
        Target.ONNXRUNTIME_CPU,
        Candidate.NEAREST,
        List.of(),
        List.of(reference),
        8,
        0,
        Padding.NONE,
        Map.of());
  }

  @Test
  void theExportedModelIsComparedWithTheStudent(@TempDir Path folder) {
    float[] student = logits(Simulation.of(PLAIN), OptLevel.NO_OPT);

    ExportSummary written = QdqExport.write(with(reference(student)), folder.resolve("model.onnx"));

    assertThat(written.notes()).isEmpty();
    assertThat(written.outputs())
        .singleElement()
        .satisfies(
            logits -> {
              assertThat(logits.name()).isEqualTo("logits");
              assertThat(logits.agreementDb()).isGreaterThan(45);
              assertThat(logits.runtimeDb()).isCloseTo(logits.studentDb(), within(0.2));
            });
  }

  /** What a processor without VNNI makes of signed bytes. */
  @Test
  void anotherNetworkIsRefused() {
    float[] student = logits(Simulation.of(PLAIN), OptLevel.NO_OPT);
    ModelProto signed = SaturatingExecutionTest.withSignedWeights(QdqModel.of(PLAIN));
    float[] saturated =
        floats(SaturatingExecution.of(signed, OptLevel.ALL_OPT).run(IMAGES).get("logits"));

    assertThatThrownBy(
            () ->
                RuntimeCheck.of(
                    List.of(reference(student)),
                    batch -> Map.of("logits", Tensor.of(saturated, 8, 10))))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining("output logits: SQNR 3")
        .hasMessageContaining("not written");
  }

  @Test
  void aModelThatDoesNotRunIsNotWritten(@TempDir Path folder) {
    ReferenceBatch square =
        new ReferenceBatch(
            Map.of("image", Tensor.of(new float[16], 1, 1, 4, 4)),
            Map.of("logits", Tensor.of(new float[10], 1, 10)),
            Map.of("logits", Tensor.of(new float[10], 1, 10)),
            null);
    Path file = folder.resolve("model.onnx");

    assertThatThrownBy(() -> QdqExport.write(with(square), file))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining("does not execute");
    assertThat(file).doesNotExist();
  }

  @Test
  void tellsHowMuchWorseIsTooMuch() {
    assertThat(output(1.1, 0)).matches(o -> !o.isWorse() && !o.isBroken());
    assertThat(output(1.2, 0)).matches(o -> o.isWorse() && !o.isBroken());
    assertThat(output(2.2, 0)).matches(o -> o.isWorse() && o.isBroken());
    assertThat(output(1.0, 1)).matches(o -> o.isWorse() && o.isBroken());
  }

  @Test
  void saysHowCloseTheTwoAre() {
    assertThat(output(1, 0).agreement()).isEqualTo("ONNX Runtime agrees to 40.0 dB");
    assertThat(new RuntimeOutput("y", 1000, 1, 1, 0, 0).agreement())
        .isEqualTo("ONNX Runtime agrees exactly");
  }

  private static RuntimeOutput output(double runtimeNoise, long lost) {
    return new RuntimeOutput("y", 1000, 1, runtimeNoise, 0.1, lost);
  }
}
