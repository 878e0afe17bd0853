package io.halfstep.stage;

import static java.util.Objects.requireNonNull;

import io.halfstep.graph.Stage.OperatorStage;
import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Pass;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A group of operators in ONNX Runtime, run once if teacher and student have the same inputs and
 * the student no rounded constants.
 */
final class OperatorProgram implements AutoCloseable {
  private final OperatorStage stage;
  private final List<RoundedConstant> constants;
  private @Nullable OnnxProgram program;
  private @Nullable OnnxProgram withRoundedConstants;

  /**
   * @param constants those that the student reads rounded
   */
  OperatorProgram(OperatorStage stage, List<RoundedConstant> constants) {
    this.stage = stage;
    this.constants = constants;
  }

  /** Prepares the computation; takes long. */
  void load() {
    program = load(stage.program());
    withRoundedConstants =
        RoundedConstant.rounded(stage.program(), constants).map(OperatorProgram::load).orElse(null);
  }

  private static OnnxProgram load(byte[] model) {
    return RuntimeFailures.advise(() -> OnnxProgram.load(model));
  }

  SortedMap<String, Activation> forward(Map<String, Activation> inputs, Pass pass) {
    OnnxProgram ofTeacher = requireNonNull(program);
    OnnxProgram ofStudent =
        withRoundedConstants != null && pass.hasStudent() ? withRoundedConstants : ofTeacher;
    boolean shared =
        ofStudent == ofTeacher && inputs.values().stream().allMatch(Activation::isShared);
    List<Map<String, Tensor>> both =
        IntStream.range(0, shared ? 1 : 2)
            .parallel()
            .mapToObj(
                i ->
                    RuntimeFailures.advise(
                        () ->
                            (i == 0 ? ofTeacher : ofStudent)
                                .run(side(inputs, i == 0), stage.outputs())))
            .toList();
    SortedMap<String, Activation> outputs = new TreeMap<>();
    for (String name : stage.outputs()) {
      Tensor teacher = requireNonNull(both.get(0).get(name));
      Tensor student = requireNonNull(both.get(both.size() - 1).get(name));
      outputs.put(name, new Activation(teacher, student));
    }
    return outputs;
  }

  private static Map<String, Tensor> side(Map<String, Activation> inputs, boolean teacher) {
    Map<String, Tensor> side = new HashMap<>();
    inputs.forEach((name, a) -> side.put(name, teacher ? a.teacher() : a.student()));
    return side;
  }

  @Override
  public void close() {
    if (program != null) {
      program.close();
    }
    if (withRoundedConstants != null) {
      withRoundedConstants.close();
    }
  }
}
