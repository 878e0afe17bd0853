package io.halfstep.export;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.file.AtomicFile;
import io.halfstep.model.Onnx;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.quantizer.Target;
import io.halfstep.quantizer.Target.Rule;
import io.halfstep.tensor.OnnxProgram.Optimization;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes a quantized network to an ONNX file. */
public final class QdqExport {
  private QdqExport() {}

  /**
   * Writes {@link QdqModel#of} to {@code out} atomically, after checking that ONNX Runtime gives
   * the same results as the actors.
   *
   * @throws InvalidInputException if {@code out} can't be written
   * @throws ExportException if ONNX Runtime does not execute the model, or gives other results; in
   *     both cases an existing file is unchanged
   */
  public static ExportSummary write(QuantizedNetwork network, Path out) {
    QdqModel model = QdqModel.build(network);
    byte[] bytes = model.proto().toByteArray();
    List<RuntimeOutput> outputs =
        RuntimeCheck.of(bytes, network.reference(), optimization(network.target()));
    AtomicFile.write(out, bytes);
    List<String> notes = new ArrayList<>(model.notes());
    outputs.stream()
        .filter(RuntimeOutput::isWorse)
        .forEach(o -> notes.add("in ONNX Runtime on this processor, " + o.figures()));
    return new ExportSummary(
        bytes.length, Onnx.opset(model.proto()), model.microsoftOperators(), outputs, notes);
  }

  /** The kernels of other runtimes are not here: their models are executed as written. */
  private static Optimization optimization(Target target) {
    return target.has(Rule.ONNX_RUNTIME) ? Optimization.ALL : Optimization.NONE;
  }
}
