package io.halfstep.export;

import io.halfstep.network.ReferenceBatch;
import io.halfstep.tensor.Mask;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;
import io.halfstep.tensor.OnnxRuntimeException;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorValues;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Executes an exported model in ONNX Runtime and compares it with the results of the actors. With
 * all optimizations, the runtime replaces layers by its own kernels, which differ between
 * processors.
 */
final class RuntimeCheck {
  private final String output;
  private double signal;
  private double studentNoise;
  private double runtimeNoise;
  private double difference;
  private long lost;

  private RuntimeCheck(String output) {
    this.output = output;
  }

  /**
   * Returns the outputs on the reference batches, by name.
   *
   * @throws ExportException if ONNX Runtime does not execute the model, or an output is {@linkplain
   *     RuntimeOutput#isBroken broken}
   */
  static List<RuntimeOutput> of(
      byte[] model, List<ReferenceBatch> reference, Optimization optimization) {
    Options options = new Options(Runtime.getRuntime().availableProcessors(), optimization);
    try (OnnxProgram program = OnnxProgram.load(model, options)) {
      return of(reference, batch -> run(program, batch));
    } catch (OnnxRuntimeException e) {
      throw new ExportException(
          "ONNX Runtime does not execute the exported model, which is not written: "
              + e.getMessage(),
          e);
    }
  }

  /** Runs all outputs, of which only the floating-point ones are compared. */
  private static Map<String, Tensor> run(OnnxProgram program, ReferenceBatch batch) {
    Map<String, Tensor> outputs = program.run(batch.inputs());
    outputs.keySet().retainAll(batch.student().keySet());
    return outputs;
  }

  static List<RuntimeOutput> of(
      List<ReferenceBatch> reference, Function<ReferenceBatch, Map<String, Tensor>> runtime) {
    Map<String, RuntimeCheck> checks = new TreeMap<>();
    for (ReferenceBatch batch : reference) {
      runtime
          .apply(batch)
          .forEach(
              (name, tensor) -> checks.computeIfAbsent(name, RuntimeCheck::new).add(batch, tensor));
    }
    List<RuntimeOutput> outputs = checks.values().stream().map(RuntimeCheck::result).toList();
    outputs.stream().filter(RuntimeOutput::isBroken).findFirst().ifPresent(RuntimeCheck::refuse);
    return outputs;
  }

  private static void refuse(RuntimeOutput broken) {
    throw new ExportException(
        "the exported model, which is not written, gives other results in ONNX Runtime on this"
            + " processor: "
            + broken.figures()
            + "; float activations or 4-bit weights avoid its integer kernels",
        null);
  }

  private void add(ReferenceBatch batch, Tensor exported) {
    Tensor teacher = Objects.requireNonNull(batch.teacher().get(output));
    Tensor student = Objects.requireNonNull(batch.student().get(output));
    if (!Arrays.equals(teacher.shape(), student.shape())) {
      return; // a shape that depends on values
    }
    if (!Arrays.equals(exported.shape(), student.shape())) {
      lost += student.size();
      return;
    }
    List<Tensor> y = unpadded(teacher, batch.mask());
    List<Tensor> ofStudent = unpadded(student, batch.mask());
    List<Tensor> ofExported = unpadded(TensorValues.single(exported), batch.mask());
    for (int part = 0; part < y.size(); part++) {
      add(y.get(part).floats(), ofStudent.get(part).floats(), ofExported.get(part).floats());
    }
  }

  private static List<Tensor> unpadded(Tensor output, @Nullable Mask mask) {
    return mask == null ? List.of(output) : mask.unpaddedOutput(output);
  }

  private void add(float[] teacher, float[] student, float[] exported) {
    for (int i = 0; i < teacher.length; i++) {
      double y = teacher[i];
      double ofStudent = student[i];
      double ofExported = exported[i];
      if (Double.isFinite(y) && Double.isFinite(ofStudent)) {
        if (Double.isFinite(ofExported)) {
          signal += y * y;
          studentNoise += square(ofStudent - y);
          runtimeNoise += square(ofExported - y);
          difference += square(ofExported - ofStudent);
        } else {
          lost++;
        }
      }
    }
  }

  private static double square(double x) {
    return x * x;
  }

  private RuntimeOutput result() {
    return new RuntimeOutput(output, signal, studentNoise, runtimeNoise, difference, lost);
  }
}
