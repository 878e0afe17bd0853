package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.halfstep.quantizer.Grid;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class QdqModelTest {
  private static final Map<String, float[]> IMAGES = Map.of("image", Samples.fashionMnist(64));

  private static Stream<Arguments> grids() {
    List<Arguments> cases = new ArrayList<>();
    for (String model : List.of("resnet14", "mobilenetv2")) {
      for (Grid weights :
          List.of(Grid.signed(4), Grid.unsigned(4), Grid.signed(8), Grid.unsigned(8))) {
        cases.add(Arguments.of(model, weights, null));
        for (int bits : List.of(8, 4, 16)) {
          cases.add(Arguments.of(model, weights, Grid.unsigned(bits)));
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("grids")
  void probe(String name, Grid weights, Grid activations) {
    NearestNetwork nearest =
        NearestNetwork.of(Samples.FOLDER.resolve(name + ".onnx")).weights(weights, true);
    if (activations != null) {
      nearest.activations(activations, IMAGES);
    }
    QuantizedNetwork network = nearest.build();
    double[] simulated =
        Execution.run(Simulation.of(network), OptLevel.NO_OPT, IMAGES).get("logits");
    double[] original =
        Execution.run(network.graph().model().proto(), OptLevel.NO_OPT, IMAGES).get("logits");
    ModelProto exported = QdqModel.of(network);
    StringBuilder line = new StringBuilder();
    for (OptLevel level : OptLevel.values()) {
      double[] outputs = Execution.run(exported, level, IMAGES).get("logits");
      double worst = 0;
      for (int i = 0; i < outputs.length; i++)
        worst = Math.max(worst, Math.abs(outputs[i] - simulated[i]));
      line.append(" %s sqnr %.1f worst %.4f;".formatted(level, sqnr(simulated, outputs), worst));
    }
    System.out.printf(
        "PROBE %s w%s a%s opset %d bytes %d vs float %.1f %s%n",
        name,
        weights,
        activations,
        Onnx.opset(exported),
        exported.getSerializedSize(),
        sqnr(original, simulated),
        line);
    assertThat(true).isTrue();
  }

  private static double sqnr(double[] reference, double[] actual) {
    double signal = 0;
    double noise = 0;
    for (int i = 0; i < reference.length; i++) {
      signal += reference[i] * reference[i];
      noise += (reference[i] - actual[i]) * (reference[i] - actual[i]);
    }
    return 10 * Math.log10(signal / noise);
  }
}
