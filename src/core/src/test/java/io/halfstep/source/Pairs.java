package io.halfstep.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Samples of two numbers, and the batches of a dataset. */
public final class Pairs {
  /** The model's input. */
  public static final InputPort PAIR = new InputPort("x", ElementType.FLOAT, new long[] {-1, 2});

  /** Rows {@code (k, k + ½)} for k from {@code first}. */
  public static Tensor pairs(int first, int rows) {
    float[] data = new float[2 * rows];
    for (int i = 0; i < rows; i++) {
      data[2 * i] = first + i;
      data[2 * i + 1] = first + i + 0.5f;
    }
    return Tensor.of(data, rows, 2);
  }

  public static List<SampleBatch> read(Dataset dataset, int batch, long limit) {
    try (BatchReader reader = dataset.batches(batch, limit)) {
      return all(reader);
    }
  }

  /** Reads the rest of a pass. */
  public static List<SampleBatch> all(BatchReader reader) {
    List<SampleBatch> all = new ArrayList<>();
    for (SampleBatch b = reader.next(); b != null; b = reader.next()) {
      assertThat(b.id()).isEqualTo(all.size());
      all.add(b);
    }
    return all;
  }

  private Pairs() {}
}
