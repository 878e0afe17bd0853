package io.halfstep.model;

import io.halfstep.tensor.Tensor;
import java.util.stream.IntStream;

/**
 * The mapping of a layer's weight, in the order of its ONNX tensor, to the matrix {@code [out, K]}
 * of [A] §3: row {@code r} produces output channel {@code r} and belongs to group {@code r /
 * (out/groups)}.
 */
public final class WeightLayout {
  /** The rows that are copied side by side: where they are columns in ONNX, a cache line. */
  private static final int STRIP = 16;

  /** The place of a matrix element in the ONNX tensor. */
  @FunctionalInterface
  interface Places {
    int of(int row, int column);
  }

  /** Copies one element between two arrays. */
  @FunctionalInterface
  private interface Copy {
    void element(int matrix, int onnx);
  }

  private final int out;
  private final int k;
  private final int groups;
  private final int channelAxis;
  private final int inputAxis;
  private final Places places;

  /**
   * @param out the number of rows (output channels)
   * @param k the length of a row: {@code in/groups · kH · kW} for a convolution
   * @param groups the number of groups
   * @param channelAxis the axis of the ONNX tensor that counts the output channels, as
   *     QuantizeLinear's {@code axis}
   * @param inputAxis the axis that counts the inputs of a row in their order; -1 if no single axis
   *     does
   * @param places the places of the matrix's elements
   */
  WeightLayout(int out, int k, int groups, int channelAxis, int inputAxis, Places places) {
    this.out = out;
    this.k = k;
    this.groups = groups;
    this.channelAxis = channelAxis;
    this.inputAxis = inputAxis;
    this.places = places;
  }

  /**
   * Returns the layout of a weight whose first axis counts the output channels: Conv, Gemm with
   * {@code transB}.
   */
  static WeightLayout rows(Tensor weight, int groups) {
    int out = Math.toIntExact(weight.dim(0));
    int k = weight.size() / out;
    int inputAxis = weight.dim(1) == k ? 1 : -1;
    return new WeightLayout(out, k, groups, 0, inputAxis, (row, column) -> row * k + column);
  }

  /**
   * Returns the layout of a tensor {@code [..., out, K]}, whose last axis is a row: tables and
   * recurrent weights. Each of its matrices is a group.
   *
   * @param shape two axes or more
   */
  public static WeightLayout ofLastAxis(long[] shape) {
    int k = Math.toIntExact(shape[shape.length - 1]);
    int out = Tensor.elements(shape) / k;
    int axis = shape.length - 2;
    int groups = out / Math.toIntExact(shape[axis]);
    return new WeightLayout(out, k, groups, axis, axis + 1, (row, column) -> row * k + column);
  }

  /**
   * Returns the layout of a weight {@code [..., K, out]}, a group for each matrix: MatMul, Gemm.
   */
  static WeightLayout columns(Tensor weight) {
    int outOfGroup = Math.toIntExact(weight.dim(-1));
    int k = Math.toIntExact(weight.dim(-2));
    int groups = weight.size() / k / outOfGroup;
    Places places =
        (row, column) -> (row / outOfGroup * k + column) * outOfGroup + row % outOfGroup;
    // in several groups, an input's scale depends on the group as well
    int inputAxis = groups == 1 ? weight.rank() - 2 : -1;
    return new WeightLayout(groups * outOfGroup, k, groups, weight.rank() - 1, inputAxis, places);
  }

  /**
   * Returns the layout of ConvTranspose's weight {@code [in, out/groups, kernel...]}; rows run over
   * (in/groups, kernel).
   */
  static WeightLayout transposed(Tensor weight, int groups) {
    int in = Math.toIntExact(weight.dim(0)) / groups;
    int outOfGroup = Math.toIntExact(weight.dim(1));
    int out = outOfGroup * groups;
    int k = weight.size() / out;
    int kernel = k / in;
    Places places =
        (row, column) -> {
          int channel = row / outOfGroup * in + column / kernel;
          return (channel * outOfGroup + row % outOfGroup) * kernel + column % kernel;
        };
    // in several groups, an input's scale depends on the group as well
    int inputAxis = kernel == 1 && groups == 1 ? 0 : -1;
    return new WeightLayout(out, k, groups, 1, inputAxis, places);
  }

  /** Returns whether the rows of a tensor are the same in both. */
  public boolean hasRowsOf(WeightLayout other) {
    return out == other.out
        && k == other.k
        && groups == other.groups
        && channelAxis == other.channelAxis;
  }

  /** Returns the number of rows. */
  public int out() {
    return out;
  }

  /** Returns the length of a row. */
  public int k() {
    return k;
  }

  /** Returns the number of groups. */
  public int groups() {
    return groups;
  }

  /** Returns the axis of the ONNX tensor that counts the output channels. */
  public int channelAxis() {
    return channelAxis;
  }

  /**
   * Returns the axis of the ONNX tensor that counts the inputs of a row in their order; -1 if no
   * single axis does, as for a kernel with several positions.
   */
  public int inputAxis() {
    return inputAxis;
  }

  /** Returns the matrix {@code [out, K]} of an ONNX weight. */
  public float[] toRows(float[] onnx) {
    float[] rows = new float[onnx.length];
    each((matrix, place) -> rows[matrix] = onnx[place]);
    return rows;
  }

  /** Returns the ONNX weight of a matrix {@code [out, K]}. */
  public float[] fromRows(float[] rows) {
    float[] onnx = new float[rows.length];
    each((matrix, place) -> onnx[place] = rows[matrix]);
    return onnx;
  }

  /** Returns the ONNX order of integers {@code [out, K]}. */
  public int[] fromRows(int[] rows) {
    int[] onnx = new int[rows.length];
    each((matrix, place) -> onnx[place] = rows[matrix]);
    return onnx;
  }

  private void each(Copy copy) {
    IntStream.range(0, (out + STRIP - 1) / STRIP)
        .parallel()
        .forEach(
            strip -> {
              int end = Math.min(out, (strip + 1) * STRIP);
              for (int column = 0; column < k; column++) {
                for (int row = strip * STRIP; row < end; row++) {
                  copy.element(row * k + column, places.of(row, column));
                }
              }
            });
  }
}
