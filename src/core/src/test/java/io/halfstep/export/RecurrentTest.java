package io.halfstep.export;

import static io.halfstep.model.OnnxGraphs.integer;
import static io.halfstep.model.OnnxGraphs.ints;
import static io.halfstep.model.OnnxGraphs.text;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.Quantization;
import io.halfstep.graph.StageGraph.FloatNode;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.StoredWeight;
import io.halfstep.plan.LayerOverride;
import io.halfstep.plan.Plan;
import io.halfstep.quantizer.Granularity;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The weights of a recurrent layer are stored in 8 bits with a scale for each row. */
class RecurrentTest {
  private static final int WIDTH = 16;
  private static final int HIDDEN = 80;

  @TempDir Path folder;

  private Path network(int opset, String op, int gates, String direction) {
    int directions = direction.equals("bidirectional") ? 2 : 1;
    return OnnxGraphs.opset(opset)
        .input("x", -1, 6, WIDTH)
        .weight("v", WIDTH, WIDTH)
        .node("MatMul", "embedded", List.of("x", "v"))
        .node("Transpose", "sequence", List.of("embedded"), ints("perm", 1, 0, 2))
        .weight("w", directions, (long) gates * HIDDEN, WIDTH)
        .weight("r", directions, (long) gates * HIDDEN, HIDDEN)
        .node(
            op,
            op,
            List.of("sequence", "w", "r"),
            List.of("y"),
            integer("hidden_size", HIDDEN),
            text("direction", direction))
        .output("y")
        .write(folder.resolve("model.onnx"));
  }

  @ParameterizedTest
  @CsvSource({
    "17, LSTM, 4, forward",
    "17, LSTM, 4, bidirectional",
    "9, LSTM, 4, reverse",
    "17, GRU, 3, bidirectional",
    "17, RNN, 1, forward",
  })
  void theFileHoldsIntegers(int opset, String op, int gates, String direction) throws Exception {
    Path model = network(opset, op, gates, direction);
    QuantizedNetwork network = quantized(model, Plan.DEFAULT);
    assertThat(network.stored())
        .extracting(stored -> stored.constant().name())
        .containsExactly("w", "r");
    assertThat(network.stored())
        .extracting(StoredWeight::weight)
        .allSatisfy(
            weight -> {
              assertThat(weight.encoding().grid().bits()).isEqualTo(8);
              assertThat(weight.encoding().granularity()).isEqualTo(Granularity.CHANNEL);
            });
    assertThat(network.floatNodes())
        .containsExactly(
            new FloatNode(
                op,
                op,
                "it computes in float; its weights are stored as integers, rounded to nearest"));
    ModelProto exported = QdqModel.of(network);
    if (gates > 1) {
      assertThat(exported.getSerializedSize()).isLessThan((int) (0.4 * Files.size(model)));
    }
    Student.computesTheSame(network, exported);
  }

  @Test
  void thePlanMayLeaveThemInFloat() throws Exception {
    Plan plan = Plan.DEFAULT.toBuilder().override(LayerOverride.of("LSTM").skip(true)).build();
    QuantizedNetwork network = quantized(network(17, "LSTM", 4, "forward"), plan);
    assertThat(network.stored()).isEmpty();
    assertThat(network.floatNodes())
        .containsExactly(new FloatNode("LSTM", "LSTM", "the plan says so"));
  }

  private QuantizedNetwork quantized(Path model, Plan plan) throws Exception {
    Random random = new Random(3);
    float[] values = new float[64 * 6 * WIDTH];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Path samples = NpyFiles.write(folder.resolve("x.npy"), Tensor.of(values, 64, 6, WIDTH));
    return Quantization.of(model).data(samples.toString()).plan(plan).run().network();
  }
}
