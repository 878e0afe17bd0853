package io.halfstep.source;

import io.halfstep.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The samples of an array. If its shape does not fit the input, all its rows are rejected. */
final class ArrayColumn implements Column {
  private final InputPort port;
  private final Rows rows;
  private final @Nullable Fit fit;
  private @Nullable Tensor whole;
  private int number;

  ArrayColumn(InputPort port, Rows rows) {
    this.port = port;
    this.rows = rows;
    this.fit = Fit.of(rows.shape(), port, rows.where());
  }

  @Override
  public String where() {
    return rows.where();
  }

  @Override
  public long samples() {
    long[] shape = rows.shape();
    if (Arrays.stream(shape).anyMatch(dim -> dim == 0)) {
      return 0;
    }
    return fit != null ? fit.samples() : shape.length == 0 ? 1 : shape[0];
  }

  @Override
  public Tensor next() throws RejectedException {
    if (fit == null) {
      throw new RejectedException(
          "shape does not fit the input", Arrays.toString(rows.shape()) + " for input " + port);
    }
    if (fit.isByRows()) {
      return rows.next(1).reshape(fit.sample());
    }
    if (whole == null) {
      long[] shape = rows.shape();
      whole = rows.next(shape.length > 0 ? (int) shape[0] : 1);
    }
    return fit.sample(whole, number++);
  }

  @Override
  public void close() {
    rows.close();
  }
}
