package io.halfstep.export;

import java.util.List;

/**
 * A summary of the exported model.
 *
 * @param bytes the file's size
 * @param opset the version of ONNX's operators that the model requires
 * @param microsoftOperators why QuantizeLinear and DequantizeLinear are ONNX Runtime's own ({@code
 *     com.microsoft}) and not ONNX's: the operators that could not be raised to the required opset,
 *     each with its reason; empty for a standard model
 * @param outputs the model's outputs in ONNX Runtime compared with the student's; empty if the
 *     network has no reference batches
 * @param notes for the user, one line each
 */
public record ExportSummary(
    long bytes,
    int opset,
    List<String> microsoftOperators,
    List<RuntimeOutput> outputs,
    List<String> notes) {
  public ExportSummary {
    microsoftOperators = List.copyOf(microsoftOperators);
    outputs = List.copyOf(outputs);
    notes = List.copyOf(notes);
  }
}
