package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.halfstep.graph.AmxTiles;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Grid;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Integer kernels for AMX are wrong for some numbers of columns; there is none for these. */
class AmxTilesTest {
  private static final int ROWS = 40;

  @ParameterizedTest
  @CsvSource({
    "1, false",
    "16, false",
    "17, true",
    "31, true",
    "32, false",
    "33, false",
    "48, false",
    "49, true",
    "63, true",
    "64, false",
    "100, false",
    "120, true"
  })
  void layersOfTheseWidthsAreKeptApart(int columns, boolean apart) throws Exception {
    assertThat(AmxTiles.areWrongFor(columns)).isEqualTo(apart);
    QuantizedNetwork network =
        NearestNetwork.of(
                OnnxGraphs.opset(13)
                    .input("x", ROWS, 12)
                    .weight("w", 12, columns)
                    .node("MatMul", "y", List.of("x", "w"))
                    .output("y")
                    .model()
                    .proto())
            .weights(Grid.signed(8), true)
            .activations(Grid.unsigned(8))
            .build();
    ModelProto exported = QdqModel.of(network);
    assertThat(SaturatingExecution.of(exported, OptLevel.ALL_OPT).kernels()).hasSize(apart ? 0 : 1);
    double[] optimized =
        Execution.run(exported, OptLevel.ALL_OPT, Execution.inputs(exported)).get("y");
    double[] plain = Execution.run(exported, OptLevel.NO_OPT, Execution.inputs(exported)).get("y");
    assertThat(optimized).containsExactly(plain, within(1e-3));
  }
}
