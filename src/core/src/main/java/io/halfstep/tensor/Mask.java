package io.halfstep.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Distinguishes the positions of a batch of sequences that hold data from padding.
 *
 * @param positions BOOL, {@code [batch, sequence]}
 */
public record Mask(Tensor positions) {
  public Mask {
    if (positions.type() != ElementType.BOOL || positions.rank() != 2) {
      throw new IllegalArgumentException("a mask that is " + positions);
    }
  }

  /** Returns the mask of a tensor {@code [batch, sequence]} of any type, with 0 for padding. */
  public static Mask of(Tensor tensor) {
    float[] values = TensorValues.floats(tensor);
    byte[] positions = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      positions[i] = (byte) (values[i] == 0 ? 0 : 1);
    }
    return new Mask(Tensor.of(ElementType.BOOL, positions, tensor.shape()));
  }

  /** Returns the number of positions, padding included. */
  public long size() {
    return positions.size();
  }

  /** Returns the number of positions that are padding. */
  public long padding() {
    long padding = 0;
    for (byte position : values()) {
      padding += position == 0 ? 1 : 0;
    }
    return padding;
  }

  /**
   * Returns an activation without padding: for {@code [batch, sequence, …]} the positions of each
   * sample, {@code [1, positions, …]}; for {@code [batch·sequence, channels]} the rows of each.
   * Other tensors, whose axes do not count positions, are returned whole.
   */
  public List<Tensor> unpadded(Tensor tensor) {
    if (padding() == 0) {
      return List.of(tensor);
    }
    if (tensor.rank() > 2 && leads(tensor)) {
      return bySample(tensor);
    }
    if (tensor.rank() == 2 && tensor.dim(0) == size()) {
      int width = Math.toIntExact(tensor.dim(1));
      return bySample(tensor.reshape(samples(), length(), width)).stream()
          .map(rows -> rows.reshape(rows.dim(1), width))
          .toList();
    }
    return List.of(tensor);
  }

  /**
   * The same for an output of the network, where {@code [batch, sequence]} has one value per
   * position.
   */
  public List<Tensor> unpaddedOutput(Tensor tensor) {
    return unpadded(
        tensor.rank() == 2 && leads(tensor) ? tensor.reshape(samples(), length(), 1) : tensor);
  }

  /**
   * Sets to 0 what belongs to padding among the elements of an output of the network, of a shape as
   * {@link #unpaddedOutput} divides it; those of other shapes are left as they are.
   */
  public void clearPadding(float[] elements, long... shape) {
    if (countsPositions(shape)) {
      int row = elements.length / positions.size();
      for (int i = 0; i < positions.size(); i++) {
        if (values()[i] == 0) {
          Arrays.fill(elements, i * row, (i + 1) * row, 0);
        }
      }
    }
  }

  /**
   * Returns 1 for data and 0 for padding in a FLOAT tensor that broadcasts to an output of the
   * network, of a shape as {@link #unpaddedOutput} divides it; a single 1 for other shapes.
   */
  public Tensor weights(long... shape) {
    long[] broadcast = new long[shape.length];
    Arrays.fill(broadcast, 1);
    if (countsPositions(shape)) {
      broadcast[0] = shape[0];
      broadcast[1] = shape[0] == size() ? 1 : shape[1];
    }
    float[] weights = new float[Tensor.elements(broadcast)];
    Arrays.fill(weights, 1);
    clearPadding(weights, shape);
    return Tensor.of(weights, broadcast);
  }

  private boolean countsPositions(long[] shape) {
    return shape.length > 1
        && ((shape[0] == samples() && shape[1] == length())
            || (shape.length == 2 && shape[0] == size()));
  }

  private boolean leads(Tensor tensor) {
    return tensor.dim(0) == samples() && tensor.dim(1) == length();
  }

  private List<Tensor> bySample(Tensor tensor) {
    List<Tensor> samples = new ArrayList<>();
    int length = length();
    int row = tensor.size() / positions.size();
    for (int start = 0; start < positions.size(); start += length) {
      int kept = 0;
      for (int i = start; i < start + length; i++) {
        kept += values()[i];
      }
      if (kept > 0) {
        Object to = tensor.type().allocate(kept * row);
        for (int i = start, at = 0; i < start + length; i++) {
          if (values()[i] != 0) {
            System.arraycopy(tensor.data(), i * row, to, at, row);
            at += row;
          }
        }
        long[] shape = tensor.shape();
        shape[0] = 1;
        shape[1] = kept;
        samples.add(Tensor.of(tensor.type(), to, shape));
      }
    }
    return samples;
  }

  private int samples() {
    return Math.toIntExact(positions.dim(0));
  }

  private int length() {
    return Math.toIntExact(positions.dim(1));
  }

  private byte[] values() {
    return (byte[]) positions.data();
  }
}
