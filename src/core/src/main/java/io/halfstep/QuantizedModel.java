package io.halfstep;

import io.halfstep.calibration.CalibrationResult;
import io.halfstep.export.EncodingsFile;
import io.halfstep.export.ExportSummary;
import io.halfstep.export.QdqExport;
import io.halfstep.network.QuantizedNetwork;
import java.nio.file.Path;

/** The result of a {@link Quantization}. */
public final class QuantizedModel {
  private final CalibrationResult result;

  QuantizedModel(CalibrationResult result) {
    this.result = result;
  }

  /** Returns layers, encodings and figures. */
  public QuantizedNetwork network() {
    return result.network();
  }

  /** Returns the bytes of batches that were spooled to disk. */
  public long spooledBytes() {
    return result.spooledBytes();
  }

  /**
   * Writes the quantized ONNX model; the file is either whole or not there.
   *
   * @throws io.halfstep.failure.InvalidInputException if it can't be written
   */
  public ExportSummary write(Path file) {
    return QdqExport.write(result.network(), file);
  }

  /** Writes every scale and zero point as JSON. */
  public void writeEncodings(Path file) {
    EncodingsFile.write(result.network(), file);
  }
}
