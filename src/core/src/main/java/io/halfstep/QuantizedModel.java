package io.halfstep;

import io.halfstep.allocation.Allocation;
import io.halfstep.calibration.CalibrationResult;
import io.halfstep.export.EncodingsFile;
import io.halfstep.export.ExportSummary;
import io.halfstep.export.QdqExport;
import io.halfstep.export.QdqModel;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.plan.Plan;
import io.halfstep.plan.PlanFile;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.QuantizedWeight;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

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

  /** Returns the plan; a budget is replaced by the bits of each layer. */
  public Plan plan() {
    return result.plan();
  }

  /** Returns how the bits were chosen, if the plan had a budget. */
  public Optional<Allocation> allocation() {
    return Optional.ofNullable(result.allocation());
  }

  /** Says what was changed in the network before it was quantized, one line each. */
  public List<String> changes() {
    return result.notes();
  }

  /** Says which encodings of the plan's file the network does not have; empty if it has all. */
  public Optional<String> unusedEncodings() {
    return result.given().note(network());
  }

  /** Returns the bytes of batches that were spooled to disk. */
  public long spooledBytes() {
    return result.spooledBytes();
  }

  /**
   * Returns the integers of a layer's weight, 32 bits, {@code [out, K]}.
   *
   * @throws IllegalArgumentException if there is no such layer
   */
  public INDArray integers(String layer) {
    QuantizedWeight weight = weight(layer);
    return NdArrays.array(weight.integers(), weight.out(), weight.k());
  }

  /**
   * Returns the scales of a layer's weight: {@code [out, 1]}, {@code [out, blocks]} or, for the
   * whole weight, {@code [1, 1]}.
   *
   * @throws IllegalArgumentException if there is no such layer
   */
  public INDArray scales(String layer) {
    Encoding encoding = weight(layer).encoding();
    return NdArrays.array(encoding.scales(), encoding.channels(), encoding.blocks());
  }

  private QuantizedWeight weight(String layer) {
    return network().layers().stream()
        .filter(quantized -> quantized.name().equals(layer))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no layer '%s'".formatted(layer)))
        .weight();
  }

  /** Returns the content of the file that {@link #write} writes. */
  public byte[] toByteArray() {
    return QdqModel.of(result.network()).toByteArray();
  }

  /** Returns the size of the file that {@link #write} writes. */
  public long bytes() {
    return QdqModel.of(result.network()).getSerializedSize();
  }

  /**
   * Writes the quantized ONNX model; the file is either whole or not there.
   *
   * @throws io.halfstep.failure.InvalidInputException if it can't be written
   */
  public ExportSummary write(Path file) {
    return QdqExport.write(result.network(), file);
  }

  /**
   * Writes the plan as a file for {@code --plan}.
   *
   * @throws io.halfstep.failure.InvalidInputException if it can't be written
   */
  public void writePlan(Path file) {
    PlanFile.write(plan(), file);
  }

  /** Writes every scale and zero point as JSON. */
  public void writeEncodings(Path file) {
    EncodingsFile.write(result.network(), file);
  }
}
