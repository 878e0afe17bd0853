package io.halfstep.synthesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.export.Samples;
import io.halfstep.export.opset.OpsetUpgrade;
import io.halfstep.model.Model;
import io.halfstep.statistics.BatchNormStatistics;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkSamplesTest {
  private static final long[] SHAPE = {8, 1, 28, 28};
  private static final int STEPS = 40;

  /** A few samples and steps bring the means of batch norms most of the way. */
  @ParameterizedTest
  @ValueSource(strings = {"resnet14.onnx", "mobilenetv2.onnx"})
  void theMeansOfBatchNormsAreMatched(String file) throws Exception {
    Model model = Model.read(Samples.FOLDER.resolve(file)).folded();
    String input = model.inputs().get(0).name();
    Map<String, BatchNormStatistics> known = new TreeMap<>(model.batchNorms());
    Model part = model.computing(known.keySet());
    StatisticsLoss loss =
        StatisticsLoss.of(OpsetUpgrade.of(part.proto(), StatisticsLoss.OPSET).model(), known);
    Tensor noise;
    Tensor made;
    try (InputGradient gradient = new InputGradient(loss, input, SHAPE)) {
      noise = new BatchDescent(gradient, null, 0).from(new Random(1), () -> {});
      made = new BatchDescent(gradient, null, STEPS).from(new Random(1), () -> {});
      assertThat(gradient.at(made.floats()).loss())
          .isLessThan(gradient.at(noise.floats()).loss() / 5);
    }
    try (OnnxProgram program = OnnxProgram.load(part.proto().toByteArray())) {
      Map<String, Tensor> before = program.run(Map.of(input, noise));
      Map<String, Tensor> after = program.run(Map.of(input, made));
      double errorBefore = 0;
      double errorAfter = 0;
      for (Map.Entry<String, BatchNormStatistics> each : known.entrySet()) {
        double error = error(after.get(each.getKey()), each.getValue());
        assertThat(error).as(each.getKey()).isLessThan(0.5);
        errorAfter += error;
        errorBefore += error(before.get(each.getKey()), each.getValue());
      }
      assertThat(errorAfter).isLessThan(errorBefore / 3);
    }
  }

  /** The root mean square over the channels of the error of the mean, in deviations. */
  private static double error(Tensor tensor, BatchNormStatistics known) {
    int channels = known.mean().length;
    double squares = 0;
    double variances = 0;
    for (int channel = 0; channel < channels; channel++) {
      double sum = 0;
      float[] values = tensor.slice(1, channel).floats();
      for (float value : values) {
        sum += value;
      }
      squares += Math.pow(sum / values.length - known.mean()[channel], 2);
      variances += Math.pow(known.std()[channel], 2);
    }
    return Math.sqrt(squares / variances);
  }
}
