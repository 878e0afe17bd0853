package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Grid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QdqExportTest {
  private static QuantizedNetwork network() {
    return NearestNetwork.of(
            TinyModel.opset(13)
                .input("x", 1, 4)
                .weights("w", 4, 3)
                .node("MatMul", "x w", "y")
                .outputs("y")
                .build())
        .weights(Grid.signed(4), true)
        .build();
  }

  @Test
  void writesTheModelAndSumsItUp(@TempDir Path folder) throws IOException {
    Path out = folder.resolve("out.onnx");

    ExportSummary summary = QdqExport.write(network(), out);

    assertThat(ModelProto.parseFrom(Files.readAllBytes(out))).isEqualTo(QdqModel.of(network()));
    assertThat(summary.bytes()).isEqualTo(Files.size(out));
    assertThat(summary.opset()).isEqualTo(21);
    assertThat(summary.microsoftOperators()).isEmpty();
    assertThat(summary.notes()).isEmpty();
  }

  @Test
  void refusesAPlaceThatCannotBeWritten(@TempDir Path folder) {
    assertThatThrownBy(() -> QdqExport.write(network(), folder.resolve("missing/out.onnx")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("its folder does not exist");
    assertThat(folder).isEmptyDirectory();
  }
}
