package io.halfstep.export;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.ReferenceBatch;
import io.halfstep.tensor.OnnxProgram;
import io.halfstep.tensor.OnnxProgram.Optimization;
import io.halfstep.tensor.OnnxProgram.Options;

/** Compares an exported model in ONNX Runtime with the student of the run. */
final class Student {
  private Student() {}

  /** Checks that the two are far closer to each other than the student is to the teacher. */
  static void computesTheSame(QuantizedNetwork network, ModelProto exported) {
    assertThat(network.reference()).isNotEmpty();
    for (Optimization level : Optimization.values()) {
      try (OnnxProgram program = OnnxProgram.load(exported.toByteArray(), new Options(1, level))) {
        for (ReferenceBatch batch : network.reference()) {
          float[] expected = batch.student().get("y").floats();
          float[] teacher = batch.teacher().get("y").floats();
          float[] found = program.run(batch.inputs(), "y").floats();
          double noise = 0;
          double difference = 0;
          for (int i = 0; i < expected.length; i++) {
            noise += Math.pow(expected[i] - teacher[i], 2);
            difference += Math.pow(found[i] - expected[i], 2);
          }
          assertThat(difference).as("%s", level).isLessThan(noise / 1000);
        }
      }
    }
  }
}
