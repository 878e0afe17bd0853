package io.halfstep.source;

import io.halfstep.tensor.ElementType;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * An input of the model.
 *
 * @param shape the first axis counts samples; −1 for an unknown dimension; empty if even the rank
 *     is unknown, and then every shape fits
 */
public record InputPort(String name, ElementType type, long[] shape) {

  boolean isFloat() {
    return switch (type) {
      case FLOAT, DOUBLE, FLOAT16 -> true;
      default -> false;
    };
  }

  /** Returns whether {@code dims}, a sample's shape without the batch axis, fits. */
  boolean fits(long... dims) {
    if (shape.length == 0) {
      return true;
    }
    if (dims.length != shape.length - 1) {
      return false;
    }
    for (int axis = 0; axis < dims.length; axis++) {
      if (shape[axis + 1] >= 0 && shape[axis + 1] != dims[axis]) {
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
    return name + " " + type + (shape.length == 0 ? " of any shape" : dims);
  }
}
