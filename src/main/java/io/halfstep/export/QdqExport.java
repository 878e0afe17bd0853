package io.halfstep.export;

import io.halfstep.failure.InvalidInputException;
import java.nio.file.Path;

/** Writes a quantized network to an ONNX file. */
public final class QdqExport {
  private QdqExport() {}

  /**
   * Writes {@link QdqModel#of} to {@code out}, whole or not at all.
   *
   * @throws InvalidInputException if {@code out} can't be written; what was there is untouched
   */
  public static ExportSummary write(QuantizedNetwork network, Path out) {
    QdqModel model = QdqModel.build(network);
    byte[] bytes = model.proto().toByteArray();
    AtomicFile.write(out, bytes);
    return new ExportSummary(
        bytes.length, Onnx.opset(model.proto()), model.microsoftOperators(), model.notes());
  }
}
