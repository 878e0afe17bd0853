package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.ElementType;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * An input of the model.
 *
 * @param shape −1 for an unknown dimension; empty if even the rank is unknown, and then every shape
 *     fits, or if it is a scalar
 * @param batchAxis the axis that counts samples; {@link #NONE} if none does: then samples share a
 *     batch only if they have the same value
 */
public record InputPort(String name, ElementType type, long[] shape, int batchAxis) {
  /** No axis counts samples. */
  public static final int NONE = -1;

  /** An input whose first axis counts samples. */
  public InputPort(String name, ElementType type, long[] shape) {
    this(name, type, shape, 0);
  }

  /** Returns whether an axis counts samples. */
  public boolean isBatched() {
    return batchAxis != NONE;
  }

  /**
   * Returns the same input with samples along another axis.
   *
   * @throws InvalidInputException if it has no such axis
   */
  InputPort withBatchAxis(int axis) {
    if (axis >= shape.length && shape.length > 0) {
      throw new InvalidInputException(
          "data: input %s has no axis %d; axes count from 0".formatted(this, axis));
    }
    return new InputPort(name, type, shape, axis);
  }

  /** Returns the fixed number of samples in a batch; −1 if the input takes any. */
  long fixedBatch() {
    return isBatched() && batchAxis < shape.length ? shape[batchAxis] : -1;
  }

  boolean isFloat() {
    return switch (type) {
      case FLOAT, DOUBLE, FLOAT16 -> true;
      default -> false;
    };
  }

  /** Returns whether {@code dims}, a sample's shape without the batch axis, fits. */
  boolean fits(long... dims) {
    if (shape.length == 0) {
      return isBatched() || dims.length == 0;
    }
    if (dims.length != shape.length - (isBatched() ? 1 : 0)) {
      return false;
    }
    for (int i = 0; i < dims.length; i++) {
      long expected = shape[isBatched() && i >= batchAxis ? i + 1 : i];
      if (expected >= 0 && expected != dims[i]) {
        return false;
      }
    }
    return true;
  }

  /** For messages: {@code image FLOAT[?, 1, 28, 28]}. */
  @Override
  public String toString() {
    String dims =
        Arrays.stream(shape)
            .mapToObj(dim -> dim < 0 ? "?" : Long.toString(dim))
            .collect(Collectors.joining(", ", "[", "]"));
    return name + " " + type + (shape.length == 0 && isBatched() ? " of any shape" : dims);
  }
}
