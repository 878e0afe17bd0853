package io.halfstep.flow;

import io.halfstep.protocol.Activation;
import io.halfstep.protocol.Item.Batch;
import io.halfstep.tensor.Tensor;
import java.util.Map;
import java.util.TreeMap;

/** Batches for tests. */
final class Batches {
  private Batches() {}

  /**
   * A batch of one tensor {@code x} of {@code floats} elements that all are {@code id}, the
   * student's one more.
   */
  static Batch batch(long id, int floats) {
    return batch(id, "x", floats);
  }

  static Batch batch(long id, String tensor, int floats) {
    float[] teacher = new float[floats];
    float[] student = new float[floats];
    java.util.Arrays.fill(teacher, (float) id);
    java.util.Arrays.fill(student, (float) id + 1);
    return new Batch(
        id,
        1,
        new TreeMap<>(
            Map.of(
                tensor,
                new Activation(Tensor.of(teacher, 1, floats), Tensor.of(student, 1, floats)))));
  }
}
